#include "query/rebalance_reasons.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace corka::query {

namespace {

/// More pictures than moves are remembered.
constexpr std::size_t most_pictures = 64;

std::vector<std::string> lacking(const std::set<std::string>& of, const std::set<std::string>& in) {
  std::vector<std::string> left;
  std::ranges::set_difference(of, in, std::back_inserter(left));
  return left;
}

/// It has all of its moves in memory, and this is the first.
bool is_first(const processor_status& p, const rebalance_status& move) {
  const auto& all = p.rebalance_history;
  return !all.empty() && p.rebalances == all.size() && all.front().began_ms == move.began_ms &&
         all.front().what == move.what;
}

}  // namespace

void rebalance_reasons::described(const std::string& group, const std::vector<cluster_member>& members,
                                  std::int64_t wall_ms) {
  picture now{wall_ms, {}};
  for (const auto& m : members) now.members.insert(m.name);
  auto& all = groups_[group];
  all.push_back(std::move(now));
  if (all.size() > most_pictures) all.pop_front();
}

void rebalance_reasons::seen(const processor_status& p) {
  const auto found = groups_.find(p.group);
  if (found == groups_.end() || p.rebalance_history.empty()) return;
  auto& all = found->second;
  // The last one before the oldest move is what it is compared with.
  while (all.size() > 1 && all[1].at_ms < p.rebalance_history.front().began_ms) all.pop_front();
}

std::optional<std::string> rebalance_reasons::of(const processor_status& p, const rebalance_status& move) const {
  if (move.what == rebalance_status::kind::lost) return "session lost";
  if (move.what == rebalance_status::kind::assigned && is_first(p, move)) return "joined";
  const auto found = groups_.find(p.group);
  if (found == groups_.end()) return {};
  const auto& all = found->second;
  const auto after = std::ranges::find_if(all, [&](const picture& one) { return one.at_ms >= move.began_ms; });
  if (after == all.begin() || after == all.end()) return {};
  const auto before = std::prev(after);
  const auto came = lacking(after->members, before->members);
  const auto went = lacking(before->members, after->members);
  std::string text;
  if (!came.empty()) text = fmt::format("members joined: {}", fmt::join(came, ", "));
  if (!went.empty()) text += fmt::format("{}members left: {}", text.empty() ? "" : "; ", fmt::join(went, ", "));
  return text.empty() ? "assignment changed" : text;
}

bool rebalance_reasons::lacks(const processor_status& p) const {
  const auto found = groups_.find(p.group);
  if (p.member.empty()) return false;
  if (found == groups_.end() || found->second.empty()) return true;
  const auto& moves = p.rebalance_history;
  return !moves.empty() && moves.back().began_ms > found->second.back().at_ms;
}

}  // namespace corka::query
