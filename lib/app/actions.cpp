#include "app/actions.hpp"

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "processor/runtime_core.hpp"

#include <corka/replay.hpp>

#include <fmt/format.h>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

namespace corka::app_parts {

namespace {

task<std::string> visit(processor& of, std::string visitor, action_run& run, std::string input) {
  visit_options options;
  options.cancel = run.stop();
  options.on_progress = [&run](const visit_progress& p) { run.progress(p.rows, p.rows_left); };
  const auto result = co_await of.visit_by_json(std::move(visitor), std::move(input), std::move(options));
  run.progress(result.rows,
               result.outcome == visit_outcome::completed ? std::optional<std::uint64_t>{0} : std::nullopt);
  if (result.outcome == visit_outcome::failed || result.outcome == visit_outcome::aborted) {
    throw std::runtime_error{fmt::format("{} after {} rows: {}", to_string(result.outcome), result.rows, result.why)};
  }
  co_return fmt::format("{} rows visited", result.rows);
}

task<> tell_progress(const replay& of, action_run& run, clock& time) {
  while (true) {
    run.progress(of.sent());
    co_await async::sleep_for(time, std::chrono::milliseconds{500});
  }
}

task<std::string> replay_letters(runtime& on, std::string topic, std::vector<std::string> into, partitioner by,
                                 action_run& run) {
  // Ended by `stop`: it has to leave its group in order.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  const auto here = co_await boost::asio::this_coro::executor;
  replay_options options;
  options.into = std::move(into);
  options.partition_by = by;
  replay sending{topic, std::move(options)};
  const std::stop_callback stop{run.stop(), [&sending] { sending.stop(); }};
  async::task_group telling{here};
  telling.spawn(tell_progress(sending, run, on.core().threads->time()));
  std::exception_ptr failure;
  try {
    co_await sending.run(on);
  } catch (...) { failure = std::current_exception(); }
  telling.cancel();
  co_await telling.join();
  run.progress(sending.sent());
  if (failure) std::rethrow_exception(failure);
  co_return fmt::format("{} records sent back", sending.sent());
}

query::action visit_action(processor& of, const visitor_edge& visitor) {
  query::action a;
  const auto& group = of.declared().name.str();
  a.id = fmt::format("visit:{}:{}", group, visitor.name.str());
  a.what = query::action::kind::visit;
  a.name = visitor.name.str();
  a.group = group;
  a.help =
      fmt::format("Runs the visitor over every row of '{}' that this process has", of.declared().table->topic.str());
  a.takes = "what the visitor gives to every call, as JSON";
  a.check = [read = visitor.from_json](const std::string& input) -> std::string {
    try {
      (void)read(input);
      return {};
    } catch (const std::exception& e) { return fmt::format("the input is not what the visitor takes: {}", e.what()); }
  };
  a.body = [&of, name = a.name](action_run& run, std::string input) { return visit(of, name, run, std::move(input)); };
  return a;
}

}  // namespace

std::vector<query::action> actions_of(const std::vector<processor*>& processors, runtime& on) {
  std::vector<query::action> all;
  std::set<std::string> known;
  for (auto* p : processors) {
    const auto& group = p->declared();
    for (const auto& visitor : group.visitors) {
      // Of several processors of a group in one process the first: the others are other members.
      if (!visitor.from_json) continue;
      auto a = visit_action(*p, visitor);
      if (known.insert(a.id).second) all.push_back(std::move(a));
    }
    for (const auto& letters : group.dead_letters()) {
      const auto& topic = letters.str();
      query::action a;
      a.id = fmt::format("replay:{}", topic);
      if (!known.insert(a.id).second) continue;
      a.what = query::action::kind::replay;
      a.name = topic;
      a.group = group.name.str();
      a.help = "Sends the records back to the topics that they failed in; the next replay goes on after them";
      std::set<std::string> into;
      for (const auto* other : processors) {
        const auto of_other = other->declared().dead_letters();
        if (std::ranges::find(of_other, letters) == of_other.end()) continue;
        for (const auto& in : other->declared().inputs) into.insert(in.topic.str());
        if (other->declared().loop) into.insert(other->declared().loop->topic.str());
      }
      a.body = [&on, topic, targets = std::vector<std::string>{into.begin(), into.end()},
                by = group.inputs.front().partition_by](action_run& run, const std::string&) {
        return replay_letters(on, topic, targets, by, run);
      };
      all.push_back(std::move(a));
    }
  }
  return all;
}

}  // namespace corka::app_parts
