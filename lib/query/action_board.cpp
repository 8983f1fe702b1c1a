#include "query/action_board.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace corka::query {

/// The body may tell its progress from any thread.
struct action_board::run final : action_run {
  explicit run(executor ex) : body{std::move(ex)} {}

  void progress(std::uint64_t done, std::optional<std::uint64_t> left) override {
    const std::lock_guard lock{mutex};
    status.done = done;
    status.left = left;
  }
  [[nodiscard]] std::stop_token stop() const override { return stopping.get_token(); }
  [[nodiscard]] run_status now() const {
    const std::lock_guard lock{mutex};
    return status;
  }
  void end() {
    stopping.request_stop();
    body.cancel();
  }

  mutable std::mutex mutex;
  run_status status;
  std::stop_source stopping;
  async::task_group body;
};

bool is_run_key(std::string_view text) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= 64 && letter(text.front()) && std::ranges::all_of(text, fits);
}

std::string_view to_string(action::kind k) noexcept {
  switch (k) {
    case action::kind::visit: return "visit";
    case action::kind::replay: return "replay";
    case action::kind::user: return "user";
  }
  return "";
}

std::string_view to_string(run_state s) noexcept {
  switch (s) {
    case run_state::running: return "running";
    case run_state::completed: return "completed";
    case run_state::cancelled: return "cancelled";
    case run_state::failed: return "failed";
  }
  return "";
}

void action_board::tell(const run_status& of, log_level level, std::string message) {
  log_entry e;
  e.what = log_entry::kind::action;
  e.level = level;
  e.component = of.action;
  e.message = std::move(message);
  log_.add(std::move(e));
}

std::variant<run_status, action_board::refused> action_board::start(const std::string& id, std::string input,
                                                                    std::string key) {
  const auto what = std::ranges::find(actions_, id, &action::id);
  if (what == actions_.end()) {
    std::vector<std::string> known;
    for (const auto& a : actions_) known.push_back(a.id);
    return refused{refusal::unknown, known.empty()
                                         ? fmt::format("there is no action '{}', nor any other", id)
                                         : fmt::format("there is no action '{}', only {}", id, fmt::join(known, ", "))};
  }
  const auto busy = std::ranges::find_if(runs_, [&](const auto& r) {
    const auto s = r->now();
    return s.action == id && s.state == run_state::running;
  });
  if (busy != runs_.end()) {
    return refused{refusal::busy, fmt::format("action '{}' runs already, as run {}: wait for its end, or stop it", id,
                                              (*busy)->now().id)};
  }
  if (closed_) return refused{refusal::busy, "the program is stopping"};
  if (what->check) {
    if (auto mistake = what->check(input); !mistake.empty()) return refused{refusal::unusable, std::move(mistake)};
  }
  auto made = std::make_shared<run>(ex_);
  made->status.id = ++last_;
  made->status.action = id;
  made->status.key = std::move(key);
  made->status.started = time_.wall_ms();
  runs_.push_front(made);
  while (runs_.size() > kept && runs_.back()->now().state != run_state::running) runs_.pop_back();
  tell(made->status, log_level::info, "started by HTTP");
  running_.spawn(carry_out(*what, made, std::move(input)));
  return made->now();
}

namespace {

/// Apart, so that it can be cancelled while its run goes on to its end.
task<> call(const action_body& body, action_run& as, std::string input, std::string& result,
            std::exception_ptr& failure) {
  try {
    result = co_await body(as, std::move(input));
  } catch (...) { failure = std::current_exception(); }
}

}  // namespace

task<> action_board::carry_out(const action& what, std::shared_ptr<run> as, std::string input) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  std::string result;
  std::exception_ptr failure;
  as->body.spawn(call(what.body, *as, std::move(input), result, failure));
  co_await as->body.join();
  auto state = as->stopping.stop_requested() ? run_state::cancelled : run_state::completed;
  if (failure) {
    state = run_state::failed;
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      result = e.what();
      if (as->stopping.stop_requested() && e.code() == boost::asio::error::operation_aborted) {
        state = run_state::cancelled;
        result.clear();
      }
    } catch (const std::exception& e) { result = e.what(); } catch (...) {
      result = "it threw something that is no std::exception";
    }
  }
  {
    const std::lock_guard lock{as->mutex};
    as->status.state = state;
    as->status.ended = time_.wall_ms();
    as->status.message = result;
  }
  if (run_ended_ != nullptr) run_ended_->cancel();
  tell(as->now(), state == run_state::failed ? log_level::error : log_level::info,
       fmt::format("{}{}{}", to_string(state), result.empty() ? "" : ": ", result));
}

std::optional<run_status> action_board::stop(std::uint64_t id) {
  const auto found = std::ranges::find_if(runs_, [id](const auto& r) { return r->now().id == id; });
  if (found == runs_.end()) return {};
  const auto one = *found;
  if (one->now().state == run_state::running) one->end();
  return one->now();
}

std::optional<run_status> action_board::find(std::uint64_t id) const {
  const auto found = std::ranges::find_if(runs_, [id](const auto& r) { return r->now().id == id; });
  return found == runs_.end() ? std::nullopt : std::optional{(*found)->now()};
}

std::uint64_t action_board::run_of(std::string_view key) const {
  if (key.empty()) return 0;
  const auto found = std::ranges::find_if(runs_, [key](const auto& r) { return r->now().key == key; });
  return found == runs_.end() ? 0 : (*found)->now().id;
}

std::vector<run_status> action_board::runs() const {
  std::vector<run_status> all;
  for (const auto& r : runs_) all.push_back(r->now());
  return all;
}

std::vector<std::string> action_board::running_now() const {
  std::vector<std::string> all;
  for (const auto& r : runs_) {
    const auto s = r->now();
    if (s.state == run_state::running) all.push_back(s.action);
  }
  return all;
}

task<std::vector<std::string>> action_board::close(std::chrono::milliseconds patience) {
  closed_ = true;
  const auto all = runs_;
  for (const auto& r : all) {
    if (r->now().state == run_state::running) r->end();
  }
  async::timer over{ex_, time_};
  run_ended_ = &over;
  const auto until = time_.now() + patience;
  while (!running_now().empty() && time_.now() < until) (void)co_await over.wait_until(until);
  run_ended_ = nullptr;
  auto left = running_now();
  if (left.empty()) co_await running_.join();
  co_return left;
}

}  // namespace corka::query
