// What happens to whom, and when.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace corka::test {

enum class blow {
  kill_member,     ///< SIGKILL
  stop_member,     ///< SIGTERM
  start_member,    ///< again, after one of the two
  forget_copies,   ///< its local copies are deleted while it is down
  freeze_member,   ///< SIGSTOP
  thaw_member,     ///< SIGCONT, after its session has ended
  kill_broker,     ///< SIGKILL
  restart_broker,  ///< on the same data
};

struct step {
  std::chrono::milliseconds at{};  ///< since the beginning
  blow what{};
  std::size_t member = 0;  ///< of those that are for a member

  friend bool operator==(const step&, const step&) = default;
};

/// The same seed makes the same plan. Whatever it takes down it brings back; at least one member of several is always
/// up. Steps are in the order of their times.
[[nodiscard]] std::vector<step> make_plan(std::uint64_t seed, std::chrono::milliseconds length, std::size_t members,
                                          std::chrono::milliseconds session_timeout);

/// "12.3s kill member 1": for failure messages.
[[nodiscard]] std::string to_string(const step& s);

}  // namespace corka::test
