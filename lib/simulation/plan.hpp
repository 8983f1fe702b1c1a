// What goes wrong in a simulation, and when.
#pragma once

#include "base/clock.hpp"
#include "base/dice.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace corka::simulation_parts {

enum class fault_kind : std::uint8_t {
  kill,             ///< an instance, at any of its awaits; it is started again
  lose_power,       ///< the same, and its disk loses what was not synced
  lose_copies,      ///< the same, and its disk is replaced
  stop,             ///< an instance, in order; it is started again
  suspend,          ///< an instance stands still
  cut,              ///< an instance cannot reach the broker
  away,             ///< the broker cannot be reached
  crash,            ///< the broker, in the middle of something; it is started again, on what its disk has kept
  expire,           ///< a member's session
  storm,            ///< a member that does nothing comes and goes, again and again
  jump,             ///< time has passed, and nobody noticed
  set_clock,        ///< wall time changes
  compact,          ///< the broker compacts all that it may
  fail_deliveries,  ///< now and then, written or not
  double_writes,    ///< now and then: the answer is late, and the producer has sent it once more
  slow_writes,
  slow_fetches,
  fail_commits,  ///< now and then, kept or not
  broker_full,   ///< its disk: what is written meanwhile is refused
  full_disk,     ///< of an instance
};

struct fault {
  fault_kind kind = fault_kind::kill;
  clock::duration at{};     ///< since the start
  clock::duration lasts{};  ///< or until the restart
  std::size_t who = 0;      ///< of the instances
  std::uint64_t more = 0;   ///< what else there is to choose

  friend bool operator==(const fault&, const fault&) = default;
};

/// "2.300 s: instance b is killed, and started again 1.2 s later".
[[nodiscard]] std::string to_string(const fault& f);

/// Whether it lets counts be inexact: all but those that only take time.
[[nodiscard]] bool disturbs(fault_kind k);

/// In the order of their times; none for one in eight seeds.
[[nodiscard]] std::vector<fault> plan_of(dice by, std::size_t instances, clock::duration until);

/// "a", "b", ...
[[nodiscard]] std::string instance_name(std::size_t who);

}  // namespace corka::simulation_parts
