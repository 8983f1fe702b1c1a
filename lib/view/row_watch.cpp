#include "view/row_watch.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace corka::detail {

void row_watch::put(std::string_view key, std::optional<std::string_view> value) {
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    std::optional<std::string> now;
    if (value) now.emplace(*value);
    if (const auto there = by_key_.find(key); there != by_key_.end()) {
      there->second->value = std::move(now);
    } else if (by_key_.size() < limit_) {
      const auto at = events_.insert(events_.end(), row_event{std::string{key}, std::move(now), false});
      by_key_.emplace(at->key, at);
    } else {
      by_key_.clear();
      events_.clear();
      events_.push_back({{}, {}, true});
    }
  }
  arrived_.wake_all();
}

void row_watch::miss() {
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    by_key_.clear();
    events_.clear();
    events_.push_back({{}, {}, true});
  }
  arrived_.wake_all();
}

void row_watch::end() {
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
  }
  arrived_.wake_all();
}

std::optional<row_event> row_watch::try_next() {
  const std::lock_guard lock{mutex_};
  if (events_.empty()) return std::nullopt;
  if (!events_.front().missed) by_key_.erase(events_.front().key);
  std::optional<row_event> first{std::move(events_.front())};
  events_.pop_front();
  return first;
}

bool row_watch::has_ended() const {
  const std::lock_guard lock{mutex_};
  return ended_;
}

task<std::optional<row_event>> row_watch::next(std::shared_ptr<row_watch> self) {
  const auto here = co_await boost::asio::this_coro::executor;
  async::wake_list::place place{self->arrived_, here};
  while (true) {
    // Ended first: what came before the end is then there.
    const bool last = self->has_ended();
    if (auto event = self->try_next()) co_return event;
    if (last) co_return std::nullopt;
    co_await place.wait();
  }
}

std::shared_ptr<row_watch> watch_hub::add(std::string key, bool prefix, std::size_t limit) {
  auto made = std::make_shared<row_watch>(std::move(key), prefix, limit);
  const std::lock_guard lock{mutex_};
  all_.push_back(made);
  watching_ = all_.size();
  return made;
}

template <class Each>
void watch_hub::each(Each call) {
  const std::lock_guard lock{mutex_};
  for (auto at = all_.begin(); at != all_.end();) {
    if (const auto watch = at->lock()) {
      call(*watch);
      ++at;
    } else {
      at = all_.erase(at);
    }
  }
  watching_ = all_.size();
}

void watch_hub::end_all() {
  each([](row_watch& w) { w.end(); });
  const std::lock_guard lock{mutex_};
  all_.clear();
  watching_ = 0;
}

task<> watch_hub::changed(std::span<const tables::row_change> rows) {
  each([rows](row_watch& w) {
    for (const auto& row : rows) {
      if (w.wants(row.key)) w.put(row.key, row.after);
    }
  });
  co_return;
}

task<> watch_hub::reread() {
  if (wants_changes()) each([](row_watch& w) { w.miss(); });
  co_return;
}

}  // namespace corka::detail
