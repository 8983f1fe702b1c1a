#include "partition/failure_handler.hpp"

#include "base/excerpt.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace corka::partition {

namespace {

/// A record that is called again only after this long has failed for a while.
constexpr std::chrono::seconds worth_a_warning{1};
/// Of records that were put aside or passed over, in each partition; counters and status tell of all.
constexpr std::size_t lines_at_once = 10;
constexpr std::chrono::seconds lines_within{10};

struct reason {
  errc kind = errc::callback_failed;
  std::string text;
};

reason reason_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const error& e) { return {e.kind(), e.what()}; } catch (const std::exception& e) {
    return {errc::callback_failed, e.what()};
  } catch (...) { return {errc::callback_failed, "it threw something that is no std::exception"}; }
}

std::string calls(std::size_t n) { return n == 1 ? "1 call" : fmt::format("{} calls", n); }

/// Which of its writes failed: the record itself was read well.
std::string text_of(const failed_send& what) {
  const auto* cure =
      what.failed == errc::record_too_large ? ": write smaller records, or raise the topic's max.message.bytes" : "";
  switch (what.purpose) {
    case sent_for::output: return fmt::format("a record that it emitted could not be written: {}{}", what.why, cure);
    case sent_for::changelog:
      return fmt::format("its state could not be written to the changelog: {}{}", what.why, cure);
    case sent_for::dead_letter:
      return fmt::format("it could not be written to the dead-letter topic: {}{}", what.why, cure);
    case sent_for::deferral: break;
  }
  return what.why;
}

}  // namespace

/// A record that failed, and why.
struct failure_handler::place {
  origin from;
  const topic_name& topic;
  offset at;
  std::string key;  ///< for people; empty if not known any more
  reason why;
  /// The record itself, for those that are put aside.
  std::optional<record_copy> copy;
};

failure_handler::failure_handler(const parts& of)
    : parts_{of},
      plan_{of.env.group->failures},
      letters_{of.env, of.number, of.sender},
      careful_{plan_.journals() || plan_.keeps_sent()},
      lines_{lines_at_once, lines_within},
      kept_(of.trackers.size()) {}

task<bool> failure_handler::resolve(record_scope& scope, const record_handler& handler, std::exception_ptr why) {
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  for (std::size_t attempts = 1;; ++attempts) {
    if (cancellation.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(why);
    const auto& r = *scope.record;
    place where{scope.from(), *scope.topic, r.at, excerpt(r.key, 80), reason_of(why), {}};
    why = nullptr;
    // It is not the record's fault, so nobody's policy.
    const auto lost = scope.lost_for_now();
    if (lost && where.why.kind == errc::delivery_failed) throw written_again_later(lost, where.why.text);
    parts_.counts.failures.add(1);
    parts_.counts.noted(fmt::format("{}@{}: {}", to_string({where.topic, parts_.number}), r.at.value, where.why.text));
    const auto step = plan_.after(where.why.kind, std::exchange(scope.undecodable, false), attempts);
    scope.discard();
    if (const auto* action = std::get_if<failure_action>(&step)) {
      if (std::holds_alternative<stop_processor>(*action)) throw fatal(where);
      if (std::holds_alternative<dead_letter>(*action)) where.copy.emplace(where.topic, r, scope.headers());
      carry_out(*action, where, attempts);
      co_return true;
    }
    const auto wait = std::get<failure_plan::again>(step).wait;
    const auto line =
        fmt::format("{}@{}, key {}: {}; call {} follows in {} ms", to_string({where.topic, parts_.number}), r.at.value,
                    where.key, where.why.text, attempts + 1, wait.count());
    // Short waits may be thousands a second: the counters tell of them.
    if (wait < worth_a_warning) parts_.log.debug(line);
    else parts_.log.warn(line);
    const bool waited = co_await parts_.state.sleep(wait);
    if (!waited) co_return false;
    parts_.counts.retries.add(1);
    try {
      if (handler.is_coroutine()) co_await handler.start(scope);
      else handler.call(scope);
    } catch (...) { why = std::current_exception(); }
    if (!why) co_return true;
  }
}

void failure_handler::finished(record_scope& scope) {
  scope.publish();
  const auto from = scope.from();
  auto& tracker = parts_.trackers[from.input];
  const bool keep = (plan_.keeps_sent() && tracker.waits(from.slot)) || (plan_.keeps_deferred() && scope.defers());
  if (keep) kept_[from.input].keep(tracker, from.slot, {*scope.topic, *scope.record, scope.headers()});
}

void failure_handler::lost(const failed_send& what) {
  const bool put_aside = what.purpose == sent_for::output && !std::holds_alternative<stop_processor>(plan_.delivery());
  // The cluster was away for too long, or a topic is: no record is to blame, unless the policy says who is.
  if (may_be_sent_again(what.failed) && !(put_aside && what.failed == errc::topic_unknown)) {
    throw written_again_later(what.failed, "a record could not be written: " + what.why);
  }
  const auto edges = parts_.env.called_edges();
  const auto& topic = edges[what.from.input]->topic;
  const auto at = parts_.trackers[what.from.input].offset_of(what.from.slot);
  place where{what.from, topic, at, {}, {errc::delivery_failed, text_of(what)}, {}};
  parts_.counts.failures.add(1);
  parts_.counts.noted(fmt::format("{}@{}: {}", to_string({where.topic, parts_.number}), at.value, where.why.text));
  if (what.purpose == sent_for::changelog) throw fatal(where);
  if (what.purpose == sent_for::dead_letter) return parts_.state.fail(std::make_exception_ptr(fatal(where)));
  if (what.purpose == sent_for::deferral) where.why.kind = errc::callback_failed;
  const auto& action = what.purpose == sent_for::deferral ? plan_.deferred() : plan_.delivery();
  if (std::holds_alternative<stop_processor>(action)) return parts_.state.fail(std::make_exception_ptr(fatal(where)));
  where.copy = kept_[what.from.input].take(what.from.slot);
  // Nothing kept: another send of the record has failed before, and it was put aside then.
  if (where.copy || std::holds_alternative<skip_record>(action)) carry_out(action, where, 1);
  parts_.trackers[what.from.input].acked(what.from.slot);
}

void failure_handler::carry_out(const failure_action& action, const place& where, std::size_t attempts) {
  const auto name = fmt::format("{}@{}{}{}", to_string({where.topic, parts_.number}), where.at.value,
                                where.key.empty() ? "" : ", key ", where.key);
  if (const auto* to = std::get_if<dead_letter>(&action)) {
    letters_.send(where.from, topic_name{to->topic}, *where.copy, where.why.text, attempts);
    parts_.counts.dead_letters.add(1);
    tell(fmt::format("{}: {}; put aside in '{}' after {}", name, where.why.text, to->topic, calls(attempts)));
  } else {
    parts_.counts.skipped.add(1);
    tell(fmt::format("{}: {}; passed over after {}", name, where.why.text, calls(attempts)));
  }
}

void failure_handler::tell(const std::string& what) {
  const auto left_out = lines_.next(parts_.env.threads->time().now());
  if (!left_out) return;
  if (*left_out == 0) parts_.log.warn(what);
  else parts_.log.warn(fmt::format("{}; before it {} more, without a line each", what, *left_out));
}

interruption failure_handler::written_again_later(const std::error_code& lost, std::string_view why) const {
  return {static_cast<errc>(lost.value()),
          fmt::format("group '{}', partition {}: {}", parts_.env.group->name.str(), parts_.number.value, why)};
}

error failure_handler::fatal(const place& where) const {
  const topic_partition tp{where.topic, parts_.number};
  return {where.why.kind,
          fmt::format("group '{}', {}@{}{}{}: {}; nothing is committed past this record: mend the callback or the "
                      "record's producer and start again",
                      parts_.env.group->name.str(), to_string(tp), where.at.value, where.key.empty() ? "" : ", key ",
                      where.key, where.why.text),
          tp, where.at};
}

}  // namespace corka::partition
