#include "simulation/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace corka::simulation_parts {

namespace {

using namespace std::chrono_literals;
constexpr int kinds = static_cast<int>(fault_kind::full_disk) + 1;

double seconds(clock::duration d) { return std::chrono::duration<double>(d).count(); }

/// The longest that one of a kind lasts.
clock::duration longest(fault_kind k) {
  switch (k) {
    case fault_kind::suspend: return 15s;
    case fault_kind::cut: return 15s;
    case fault_kind::away: return 12s;
    case fault_kind::crash: return 8s;
    case fault_kind::jump: return 20s;
    case fault_kind::broker_full: return 2s;
    case fault_kind::full_disk: return 3s;
    default: return 5s;
  }
}

std::string what(const fault& f) {
  const auto who = instance_name(f.who);
  const auto lasts = seconds(f.lasts);
  switch (f.kind) {
    case fault_kind::kill: return fmt::format("instance {} is killed, and started again {:.3f} s later", who, lasts);
    case fault_kind::lose_power:
      return fmt::format("instance {} loses its power, and is started again {:.3f} s later", who, lasts);
    case fault_kind::lose_copies:
      return fmt::format("instance {} is killed, its local copies are lost, and it is started again {:.3f} s later",
                         who, lasts);
    case fault_kind::stop: return fmt::format("instance {} is stopped, and started again {:.3f} s later", who, lasts);
    case fault_kind::suspend: return fmt::format("instance {} stands still for {:.3f} s", who, lasts);
    case fault_kind::cut: return fmt::format("instance {} is cut off for {:.3f} s", who, lasts);
    case fault_kind::away: return fmt::format("the broker is away for {:.3f} s", lasts);
    case fault_kind::crash: return fmt::format("the broker crashes, and is started again {:.3f} s later", lasts);
    case fault_kind::expire: return "a member's session expires";
    case fault_kind::storm: return fmt::format("a member comes and goes, again and again, for {:.3f} s", lasts);
    case fault_kind::jump: return fmt::format("all clocks jump {:.3f} s", lasts);
    case fault_kind::set_clock: return fmt::format("the wall clock is set by {} s", f.more % 7'200 - 3'600.0);
    case fault_kind::compact: return "the broker compacts everything";
    case fault_kind::fail_deliveries: return fmt::format("deliveries fail for {:.3f} s", lasts);
    case fault_kind::double_writes: return fmt::format("answers to writes are lost for {:.3f} s", lasts);
    case fault_kind::slow_writes: return fmt::format("writes are slow for {:.3f} s", lasts);
    case fault_kind::slow_fetches: return fmt::format("fetches are slow for {:.3f} s", lasts);
    case fault_kind::fail_commits: return fmt::format("commits fail for {:.3f} s", lasts);
    case fault_kind::broker_full: return fmt::format("the broker's disk is full for {:.3f} s", lasts);
    case fault_kind::full_disk: return fmt::format("the disk of instance {} is full for {:.3f} s", who, lasts);
  }
  return {};
}

}  // namespace

std::string instance_name(std::size_t who) { return std::string(1, static_cast<char>('a' + who)); }

std::string to_string(const fault& f) { return fmt::format("{:.3f} s: {}", seconds(f.at), what(f)); }

bool disturbs(fault_kind k) {
  return k != fault_kind::slow_writes && k != fault_kind::slow_fetches && k != fault_kind::compact &&
         k != fault_kind::set_clock;
}

std::vector<fault> plan_of(dice by, std::size_t instances, clock::duration until) {
  std::vector<fault> all;
  if (by.one_in(8)) return all;
  const auto n = 1 + by.below(7);
  for (std::uint64_t i = 0; i < n; ++i) {
    fault f;
    f.kind = static_cast<fault_kind>(by.below(kinds));
    f.at = by.up_to(until);
    f.lasts = 50ms + by.up_to(by.one_in(3) ? longest(f.kind) : longest(f.kind) / 8);
    f.who = by.below(instances);
    f.more = by.roll();
    all.push_back(f);
  }
  std::ranges::sort(all, {}, &fault::at);
  return all;
}

}  // namespace corka::simulation_parts
