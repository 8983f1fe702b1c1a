// What people start by HTTP.
#pragma once

#include <corka/task.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace corka {

/// A run of an action, as its body sees it. Threads: any. Life: until the body has returned.
class action_run {
 public:
  action_run() = default;
  action_run(const action_run&) = delete;
  action_run& operator=(const action_run&) = delete;
  virtual ~action_run() = default;

  /// Tells how far it is: how much is done, and about how much is left, if that is known.
  virtual void progress(std::uint64_t done, std::optional<std::uint64_t> left = {}) = 0;
  /// Somebody wants it to end.
  [[nodiscard]] virtual std::stop_token stop() const = 0;
};

/// Does what is asked for. `input` is JSON text ("null" where none was given); what it returns is shown as the result.
/// What it throws makes the run a failed one, nothing else. Runs on worker 0; at the program's end, and where somebody
/// stops the run, `stop()` is requested and the coroutine is cancelled (terminal). One that takes no notice does not
/// hold up the program's end for longer than a partition may (revoke_deadline): it is named, and cut off.
using action_body = std::function<task<std::string>(action_run& run, std::string input)>;

}  // namespace corka
