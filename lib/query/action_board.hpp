// Actions that can be started, and their runs.
#pragma once

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"
#include "query/event_log.hpp"

#include <corka/action.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace corka::query {

struct action {
  enum class kind { visit, replay, user };
  std::string id;  ///< "visit:planes:add_miles"
  kind what = kind::user;
  std::string name;
  std::optional<std::string> group{};
  std::string help{};
  std::string takes{};  ///< what `input` is; empty: none is taken
  action_body body;
  /// Why `input` cannot be used, or an empty text; may be empty itself.
  std::function<std::string(const std::string& input)> check{};
};

enum class run_state { running, completed, cancelled, failed };

struct run_status {
  std::uint64_t id = 0;
  std::string action;
  std::string key{};  ///< what the runs of several instances that were started together have in common; empty: none
  run_state state = run_state::running;
  std::int64_t started = 0;  ///< wall time in ms
  std::optional<std::int64_t> ended{};
  std::uint64_t done = 0;
  std::optional<std::uint64_t> left{};
  std::string message{};
};

/// Starts actions and remembers their last runs; each action runs once at a time.
///
/// Strand: every member. Life: `close` before destruction. Errors: of bodies: they are the runs' messages.
class action_board {
 public:
  static constexpr std::size_t kept = 100;

  action_board(executor ex, clock& time, event_log& log) : ex_{ex}, time_{time}, log_{log}, running_{std::move(ex)} {}

  void add(action a) { actions_.push_back(std::move(a)); }
  [[nodiscard]] const std::vector<action>& all() const noexcept { return actions_; }

  enum class refusal { unknown, busy, unusable };
  struct refused {
    refusal why;
    std::string detail;
  };
  [[nodiscard]] std::variant<run_status, refused> start(const std::string& id, std::string input, std::string key = {});
  /// Tells the run to end, if it has not. Nothing: it is not known.
  [[nodiscard]] std::optional<run_status> stop(std::uint64_t run);
  [[nodiscard]] std::optional<run_status> find(std::uint64_t run) const;
  /// The newest run of that key; 0 where there is none.
  [[nodiscard]] std::uint64_t run_of(std::string_view key) const;
  /// Newest first.
  [[nodiscard]] std::vector<run_status> runs() const;

  /// Ends what runs and waits for it, at most for `patience`; nothing can be started any more. Names of those that run
  /// on, because they take no notice: only without any may the board be destroyed.
  [[nodiscard]] task<std::vector<std::string>> close(std::chrono::milliseconds patience);

 private:
  struct run;
  [[nodiscard]] task<> carry_out(const action& what, std::shared_ptr<run> as, std::string input);
  void tell(const run_status& of, log_level level, std::string message);
  [[nodiscard]] std::vector<std::string> running_now() const;

  executor ex_;
  clock& time_;
  event_log& log_;
  std::vector<action> actions_;
  std::deque<std::shared_ptr<run>> runs_;  // newest first
  std::uint64_t last_ = 0;
  bool closed_ = false;
  async::timer* run_ended_ = nullptr;  // of who waits for the end of all
  async::task_group running_;
};

/// What a key may be: never a number, so that a path can name a run by either.
[[nodiscard]] bool is_run_key(std::string_view text) noexcept;
[[nodiscard]] std::string_view to_string(action::kind k) noexcept;
[[nodiscard]] std::string_view to_string(run_state s) noexcept;

}  // namespace corka::query
