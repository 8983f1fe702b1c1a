#include "processor/store_cabinet.hpp"

#include "async/timer.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

namespace corka::processor_parts {

store_cabinet::store_cabinet(runtime_core& core, const group_name& group, executor strand,
                             std::chrono::milliseconds linger, logger log)
    : core_{core},
      folder_{core.state_dir, group.str(), core.instance},
      linger_{linger},
      log_{std::move(log)},
      closers_{std::move(strand)} {}

task<std::shared_ptr<store::table_store>> store_cabinet::take(topic_partition table) {
  while (closing_.contains(table)) {
    const auto closed = closing_.at(table);
    co_await closed->wait();
  }
  if (const auto kept = drawers_.find(table); kept != drawers_.end()) {
    auto store = std::move(kept->second.store);
    drawers_.erase(kept);
    co_return store;
  }
  const auto folder = folder_.folder_of(table);
  auto open = [&] { return core_.stores->open(folder); };
  auto opened = co_await async::blocking(*core_.threads, std::move(open));
  if (!opened.why_dropped.empty()) {
    log_.warn(fmt::format("{}: local copy dropped, it will be read from the changelog again: {}", to_string(table),
                          opened.why_dropped));
  }
  co_return std::shared_ptr<store::table_store>{std::move(opened.store)};
}

void store_cabinet::put_back(const topic_partition& table, std::shared_ptr<store::table_store> store) {
  drawers_[table] = {std::move(store), ++puts_};
  closers_.spawn(close_later(table, puts_));
}

task<> store_cabinet::close_later(topic_partition table, std::uint64_t since) {
  co_await async::sleep_for(core_.threads->time(), linger_);
  const auto kept = drawers_.find(table);
  if (kept == drawers_.end() || kept->second.since != since) co_return;
  auto store = std::move(kept->second.store);
  drawers_.erase(kept);
  co_await close_store(table, std::move(store));
}

task<> store_cabinet::close_store(topic_partition table, std::shared_ptr<store::table_store> store) {
  const auto closed = std::make_shared<async::event>(co_await boost::asio::this_coro::executor);
  closing_[table] = closed;
  auto close = [&store] { store->close(); };
  try {
    co_await async::blocking(*core_.threads, std::move(close));
  } catch (const std::exception& e) {
    log_.warn(fmt::format("{}: local copy not closed cleanly: {}", to_string(table), e.what()));
  }
  closing_.erase(table);
  closed->set();
}

task<> store_cabinet::close() {
  closers_.cancel();
  co_await closers_.join();
  auto drawers = std::move(drawers_);
  drawers_.clear();
  for (auto& [table, drawer] : drawers) co_await close_store(table, std::move(drawer.store));
}

}  // namespace corka::processor_parts
