#include "query/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace corka::query {

namespace {

using kind = log_entry::kind;

log_entry entry(kind what, log_level level, const std::string& group, std::string message) {
  log_entry e;
  e.what = what;
  e.level = level;
  e.component = group;
  e.message = std::move(message);
  e.group = group;
  return e;
}

/// "3", "3 to 7", "3, 5, 9 and 12 more".
std::string numbers(const std::vector<std::int32_t>& all) {
  const auto count = static_cast<std::int32_t>(all.size());
  if (count == 1) return fmt::format("{}", all.front());
  if (all.back() - all.front() == count - 1) return fmt::format("{} to {}", all.front(), all.back());
  constexpr std::size_t named = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), named); ++i) text += fmt::format("{}{}", i > 0 ? ", " : "", all[i]);
  return all.size() > named ? text + fmt::format(" and {} more", all.size() - named) : text;
}

std::string partitions(const std::vector<std::int32_t>& all) {
  return fmt::format("partition{} {}", all.size() == 1 ? "" : "s", numbers(all));
}

const partition_status* find(const processor_status& in, std::int32_t number) {
  const auto at = std::ranges::lower_bound(in.partitions, number, {}, &partition_status::partition);
  return at != in.partitions.end() && at->partition == number ? &*at : nullptr;
}

void rebalances(std::vector<log_entry>& to, const processor_status& before, const processor_status& now) {
  const auto& all = now.rebalance_history;
  auto next = all.begin();
  if (!before.rebalance_history.empty()) {
    const auto& last = before.rebalance_history.back();
    const auto known = std::ranges::find_if(all, [&](const rebalance_status& r) {
      return r.began_ms == last.began_ms && r.what == last.what && r.partitions == last.partitions;
    });
    if (known != all.end()) next = known + 1;
  }
  for (; next != all.end(); ++next) {
    auto sorted = next->partitions;
    std::ranges::sort(sorted);
    const auto which = sorted.empty() ? std::string{"nothing"} : partitions(sorted);
    const auto what = next->what == rebalance_status::kind::assigned  ? "was given"
                      : next->what == rebalance_status::kind::revoked ? "gave back"
                                                                      : "lost";
    auto e = entry(kind::rebalance, next->what == rebalance_status::kind::lost ? log_level::warn : log_level::info,
                   now.group, fmt::format("{} {} in {} ms", what, which, next->took.count()));
    e.t = next->began_ms;
    e.duration_ms = next->took.count();
    to.push_back(std::move(e));
  }
}

void partition_changes(std::vector<log_entry>& to, const processor_status& before, const processor_status& now) {
  std::map<std::pair<partition_state, partition_state>, std::vector<std::int32_t>> moved;
  for (const auto& p : now.partitions) {
    const auto* old = find(before, p.partition);
    if (old != nullptr && old->state != p.state) moved[{old->state, p.state}].push_back(p.partition);
    const auto failed = p.failures.failed - std::min(p.failures.failed, old != nullptr ? old->failures.failed : 0);
    const auto aside =
        p.failures.dead_lettered - std::min(p.failures.dead_lettered, old != nullptr ? old->failures.dead_lettered : 0);
    if (failed > 0) {
      auto e = entry(
          kind::failure, log_level::warn, now.group,
          fmt::format("{} failure{} in partition {}: {}", failed, failed == 1 ? "" : "s", p.partition, p.last_error));
      e.partition = p.partition;
      to.push_back(std::move(e));
    }
    if (aside > 0) {
      auto e = entry(kind::dead_letter, log_level::warn, now.group,
                     fmt::format("{} record{} of partition {} put aside", aside, aside == 1 ? "" : "s", p.partition));
      e.partition = p.partition;
      to.push_back(std::move(e));
    }
    if (old != nullptr && p.rewinds > old->rewinds) {
      auto e = entry(kind::failure, log_level::warn, now.group,
                     fmt::format("partition {} went back to its last commit", p.partition));
      e.partition = p.partition;
      to.push_back(std::move(e));
    }
  }
  for (const auto& [states, which] : moved) {
    auto e =
        entry(kind::state, states.second == partition_state::failed ? log_level::error : log_level::info, now.group,
              fmt::format("{} {} {} after {}", partitions(which), which.size() == 1 ? "is" : "are",
                          to_string(states.second), to_string(states.first)));
    if (which.size() == 1) e.partition = which.front();
    to.push_back(std::move(e));
  }
}

}  // namespace

std::vector<log_entry> changes(const look& before, const look& now) {
  std::vector<log_entry> all;
  for (std::size_t i = 0; i < now.processors.size() && i < before.processors.size(); ++i) {
    const auto& a = before.processors[i];
    const auto& b = now.processors[i];
    if (a.state != b.state) {
      const bool failed = b.state == processor_state::failed;
      all.push_back(entry(kind::state, failed ? log_level::error : log_level::info, b.group,
                          failed ? fmt::format("failed: {}", b.error)
                                 : fmt::format("is {} after {}", to_string(b.state), to_string(a.state))));
    } else if (a.connected != b.connected) {
      all.push_back(entry(kind::state, b.connected ? log_level::info : log_level::warn, b.group,
                          b.connected ? "the brokers answer" : "the brokers do not answer"));
    }
    rebalances(all, a, b);
    partition_changes(all, a, b);
  }
  for (std::size_t i = 0; i < now.views.size() && i < before.views.size(); ++i) {
    const auto& a = before.views[i];
    const auto& b = now.views[i];
    if (a.state == b.state) continue;
    const bool bad = b.state == view_state::failed || b.state == view_state::disconnected;
    auto e = entry(kind::state, bad ? log_level::warn : log_level::info, b.name,
                   fmt::format("is {} after {}{}{}", to_string(b.state), to_string(a.state),
                               b.reason.empty() ? "" : ": ", b.reason));
    e.group.reset();
    all.push_back(std::move(e));
  }
  return all;
}

}  // namespace corka::query
