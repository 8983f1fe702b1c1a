// What others ask a group's session.
#include "processor/group_session.hpp"

#include <corka/error.hpp>
#include <corka/partitioner.hpp>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

namespace corka::processor_parts {

void group_session::fill(processor_status& into) const {
  into.state = state_;
  {
    const std::lock_guard lock{member_mutex_};
    into.member = member_name_;
  }
  into.connected = connected_;
  into.partitions_total = partitions_total_;
  into.rebalances = rebalances_;
  {
    const std::lock_guard lock{rebalance_mutex_};
    into.rebalance_history = {rebalance_history_.begin(), rebalance_history_.end()};
  }
  into.problems = watch_.problems();
  into.uptime = std::chrono::duration_cast<std::chrono::seconds>(time().now() - started_);
  into.partitions = held_.status();
  into.lookups = lookups_.status();
  into.standbys = standbys_.status();
  into.visits = visits_.status();
}

bool group_session::is_ready() const { return state_ == processor_state::running && held_.all_process(); }

void group_session::begin_visit(const std::shared_ptr<running_visit>& visit, const visitor_edge& visitor,
                                const std::shared_ptr<const void>& meta) {
  visits_.add(visit);
  visit->begin(held_.runners(), visitor, meta, departure_);
}

task<table_row> group_session::row(std::string key, row_source from) const {
  const auto total = partitions_total_.load();
  if (!group_.table) {
    throw error{errc::not_declared,
                fmt::format("group '{}' has no table: declare it as group<State>", group_.name.str())};
  }
  if (total == 0)
    throw error{errc::not_recovered, fmt::format("group '{}' is starting: try again in a moment", group_.name.str())};
  const auto number = partition_of(key, total, group_.inputs.front().partition_by);
  const auto runner = held_.find(number);
  if (!runner && from != row_source::holder) {
    if (auto copied = standbys_.row(number, key, from == row_source::any_copy)) co_return std::move(*copied);
  }
  if (!runner) {
    throw error{errc::not_assigned,
                fmt::format("partition {} of table '{}' is not assigned to this process: ask the member that has it",
                            number.value, group_.table->topic.str()),
                topic_partition{group_.table->topic, number}};
  }
  const auto strand = runner->strand();
  const bool also_recovering = from == row_source::any_copy;
  const auto here = co_await boost::asio::this_coro::executor;
  if (here == strand) co_return runner->row(key, also_recovering);
  // Two threads' hand-overs cost more than the row.
  if (auto saved = runner->saved_row(key)) co_return std::move(*saved);
  auto read = [](std::shared_ptr<partition::partition_runner> r, std::string k, bool recovering) -> task<table_row> {
    co_return r->row(k, recovering);
  };
  co_return co_await async::run_on(strand, read(runner, std::move(key), also_recovering));
}

std::optional<table_row> group_session::saved_row(std::string_view key) const {
  const auto total = partitions_total_.load();
  if (!group_.table || total == 0) return {};
  const auto runner = held_.find(partition_of(key, total, group_.inputs.front().partition_by));
  return runner ? runner->saved_row(key) : std::nullopt;
}

task<table_page> group_session::rows(key_range which, std::size_t limit) const {
  if (!group_.table) {
    throw error{errc::not_declared,
                fmt::format("group '{}' has no table: declare it as group<State>", group_.name.str())};
  }
  table_page page;
  const auto before = [down = which.order == key_order::descending](const std::string& a, const std::string& b) {
    return down ? b < a : a < b;
  };
  // Nothing is known beyond the last row of a partition that has more.
  std::optional<std::string> known_to;
  const auto read = [](std::shared_ptr<partition::partition_runner> r, key_range w,
                       std::size_t n) -> task<partition::rows_of_partition> { co_return r->rows(w, n); };
  for (const auto number : held_.numbers_now()) {
    const auto runner = held_.find(number);
    if (!runner) continue;
    const auto strand = runner->strand();
    auto part = co_await async::run_on(strand, read(runner, which, limit));
    if (!part.recovered) continue;
    page.partitions.push_back(number);
    if (part.more && (!known_to || before(part.rows.back().first, *known_to))) known_to = part.rows.back().first;
    std::ranges::move(part.rows, std::back_inserter(page.rows));
  }
  std::ranges::sort(page.rows, before, [](const auto& row) -> const std::string& { return row.first; });
  bool more = known_to.has_value();
  if (more) std::erase_if(page.rows, [&](const auto& row) { return before(*known_to, row.first); });
  if (page.rows.size() > limit) {
    page.rows.resize(limit);
    more = true;
  }
  if (more && !page.rows.empty()) page.rest = which.after(page.rows.back().first);
  co_return page;
}

}  // namespace corka::processor_parts
