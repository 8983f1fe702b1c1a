// What others ask of a whole table, from any thread.
#include "table/whole_table.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace corka::tables {

std::shared_ptr<const whole_table::parts> whole_table::present() const {
  const std::lock_guard lock{mutex_};
  return parts_;
}

bool whole_table::may_read(const part& p) const {
  return p.follower->is_current() ||
         (options_.stale_reads && (p.readable_at_once || p.follower->position().value >= 0));
}

void whole_table::refuse(const part* p) const {
  const auto cure = options_.stale_reads ? "await ready()" : "await ready(), or set stale_reads";
  if (p != nullptr) {
    const auto s = p->follower->status();
    throw error{errc::not_recovered,
                fmt::format("table '{}' is not read up to its end yet: partition {} is {} at offset {}: {}",
                            topic_.str(), s.partition, to_string(s.state), s.position.value, cure),
                p->follower->where()};
  }
  {
    const std::lock_guard lock{mutex_};
    if (!running_) throw error{errc::not_recovered, fmt::format("table '{}' is not followed: run it", topic_.str())};
  }
  throw error{errc::not_recovered,
              fmt::format("table '{}' is not read yet, the cluster has not answered: {}", topic_.str(), cure)};
}

// A store that was closed since we looked has not failed: the table is not followed any more.
template <class Read>
void whole_table::reading(const part& p, Read read) const {
  try {
    read();
  } catch (const error& e) {
    if (e.kind() == errc::store_failed && closing_) refuse(&p);
    throw;
  }
}

bool whole_table::find(std::string_view key, const std::function<void(std::string_view)>& found) const {
  const auto all = present();
  if (all->empty()) refuse(nullptr);
  return among_places(key, *all, [&](const part& p) { return find_in(p, key, found); });
}

bool whole_table::find_in(const part& p, std::string_view key,
                          const std::function<void(std::string_view)>& found) const {
  if (!may_read(p)) refuse(&p);
  const std::array<std::string_view, 1> keys{key};
  bool any = false;
  reading(p, [&] {
    p.store->get(keys, [&](std::size_t, std::string_view value) {
      any = true;
      found(value);
    });
  });
  return any;
}

bool whole_table::among_places(std::string_view key, const parts& all,
                               const std::function<bool(const part& p)>& is_it) const {
  const auto own = static_cast<std::size_t>(partition_of(key, static_cast<std::int32_t>(all.size()), by_).value);
  if (is_it(all[own])) return true;
  if (!scattered_.is_set()) return false;
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (p != own && is_it(all[p])) return true;
  }
  return false;
}

bool whole_table::rows(const key_range& which, page_limit limit,
                       const std::function<void(std::string_view, std::string_view)>& visit) const {
  const auto all = present();
  if (all->empty()) refuse(nullptr);
  std::vector<std::unique_ptr<store::snapshot>> snapshots;
  snapshots.reserve(all->size());
  for (const auto& p : *all) {
    if (!may_read(p)) refuse(&p);
    reading(p, [&] { snapshots.push_back(p.store->read()); });
  }
  return merged_rows(snapshots, by_, which, limit, visit);
}

partition_id whole_table::partition_of_key(std::string_view key) const {
  const auto all = present();
  if (all->empty()) refuse(nullptr);
  const auto own = partition_of(key, static_cast<std::int32_t>(all->size()), by_);
  if (!scattered_.is_set()) return own;
  auto found = own;
  among_places(key, *all, [&](const part& p) {
    if (!may_read(p) || !find_in(p, key, [](std::string_view) {})) return false;
    found = p.follower->where().partition;
    return true;
  });
  return found;
}

offset whole_table::position(partition_id of) const {
  const auto all = present();
  if (of.value < 0 || static_cast<std::size_t>(of.value) >= all->size()) refuse(nullptr);
  return (*all)[static_cast<std::size_t>(of.value)].follower->position();
}

bool whole_table::is_current() const {
  const auto all = present();
  return !all->empty() && std::ranges::all_of(*all, [](const part& p) { return p.follower->is_current(); });
}

task<> whole_table::ready() const {
  const auto self = shared_from_this();
  const auto strand = co_await boost::asio::this_coro::executor;
  async::wake_list::place here{changed_, strand};
  const auto ended = [this] {
    const std::lock_guard lock{mutex_};
    return ended_;
  };
  while (!is_current()) {
    if (ended()) throw error{errc::stopped, fmt::format("table '{}' is not followed any more", topic_.str())};
    co_await here.wait();
  }
}

task<> whole_table::applied(partition_id in, offset at) const {
  const auto self = shared_from_this();
  const auto strand = co_await boost::asio::this_coro::executor;
  async::wake_list::place here{changed_, strand};
  std::shared_ptr<table_follower> follower;
  while (!follower) {
    const auto all = present();
    const auto number = static_cast<std::size_t>(in.value);
    if (in.value >= 0 && number < all->size()) {
      follower = (*all)[number].follower;
      continue;
    }
    if (!all->empty()) {
      throw error{errc::topic_unknown,
                  fmt::format("table '{}' has {} partitions: {} is none of them; is the position another topic's?",
                              topic_.str(), all->size(), in.value),
                  topic_partition{topic_, in}, at};
    }
    bool ended = false;
    {
      const std::lock_guard lock{mutex_};
      ended = ended_;
    }
    if (ended) throw error{errc::stopped, fmt::format("table '{}' is not followed any more", topic_.str())};
    co_await here.wait();
  }
  co_await follower->applied(at);
}

task<> whole_table::evict(std::string key) const {
  const auto self = shared_from_this();
  const auto all = present();
  if (all->empty()) refuse(nullptr);
  std::vector<std::shared_ptr<table_follower>> places;
  among_places(key, *all, [&places](const part& p) {
    places.push_back(p.follower);
    return false;
  });
  for (const auto& follower : places) {
    co_await follower->ready();
    co_await async::run_on(follower->strand(), follower->evict(key));
  }
}

view_state whole_table::state() const {
  {
    const std::lock_guard lock{mutex_};
    if (failed_) return view_state::failed;
    if (!running_) return view_state::idle;
    if (!ever_connected_) return view_state::connecting;
    if (!connected_) return view_state::disconnected;
  }
  return is_current() ? view_state::running : view_state::recovering;
}

task<view_state> whole_table::state_after(view_state known) const {
  const auto self = shared_from_this();
  const auto strand = co_await boost::asio::this_coro::executor;
  async::wake_list::place here{changed_, strand};
  auto now = state();
  while (now == known) {
    co_await here.wait();
    now = state();
  }
  co_return now;
}

void whole_table::fill(view_status& into) const {
  into.topic = topic_.str();
  into.state = state();
  std::shared_ptr<const parts> all;
  {
    const std::lock_guard lock{mutex_};
    all = parts_;
    into.reason = reason_;
    into.uptime = std::chrono::duration_cast<std::chrono::seconds>(running_ ? with_.threads->time().now() - started_
                                                                            : clock::duration{});
  }
  std::int64_t lag = 0;
  bool known = !all->empty();
  for (const auto& p : *all) {
    auto s = p.follower->status();
    into.rows += s.rows;
    into.bytes += s.bytes;
    known = known && s.lag.has_value();
    lag += s.lag.value_or(0);
    into.partitions.push_back(std::move(s));
  }
  if (known) into.lag = lag;
}

}  // namespace corka::tables
