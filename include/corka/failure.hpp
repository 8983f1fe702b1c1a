// What becomes of records that cannot be processed.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>

namespace corka {

/// The processor ends with the error; nothing is committed past the record.
struct stop_processor {};
/// The record counts as done: it is logged and counted, and passed over.
struct skip_record {};
/// The record goes to a topic of its own and is done once it is acknowledged there. It keeps its key, value and headers
/// and gets the headers `corka-group`, `corka-topic`, `corka-partition`, `corka-offset`, `corka-error`,
/// `corka-attempts`, `corka-time` (when it failed) and `corka-timestamp` (its own), both in milliseconds since 1970.
/// The topic must exist as an output's must; keys go to its partitions as those of the inputs do, or as the output of
/// that name is declared. `corka::replay` sends its records back to where they came from.
struct dead_letter {
  std::string topic;
};

/// What follows a failure that is not tried again.
using failure_action = std::variant<stop_processor, skip_record, dead_letter>;

/// What follows when a callback throws.
///
/// With anything but the default, what a call writes and emits leaves the process only when it has returned, or when it
/// awaits an acknowledgement: what has been awaited has happened, and stays when the call fails later. The rest of a
/// failed call is dropped, its state included.
struct failure_policy {
  /// Calls in all; 0: again and again, until it succeeds or the partition is given back. The record's partition waits
  /// meanwhile, with input_options::concurrency its key; others go on.
  std::size_t attempts = 1;
  /// Before the second call; doubled before each one after that. 1 ms to a day.
  std::chrono::milliseconds first_backoff{100};
  std::chrono::milliseconds longest_backoff{30'000};
  /// What follows the last call. A use of something that the group does not declare always stops.
  failure_action then = stop_processor{};
};

/// For a whole group; see group::on_failure.
struct failure_policies {
  /// A value that its codec cannot read; trying again would not help.
  failure_action decoding = stop_processor{};
  /// An exception from the callback, or `ctx.fail`. A deferred record that fails goes to `then` at once: its callback
  /// has returned, and later records of its key may have run.
  failure_policy callback{};
  /// Something that the callback emitted was refused (as too large): the record that caused it. One that the callback
  /// awaited with `acked()` is an exception there instead. State that cannot be written to the changelog always stops:
  /// row and changelog stay one.
  ///
  /// No policy is for a cluster that was away for too long: a delivery that times out takes its partition back to its
  /// last commit, also where the callback awaited it and did not catch the error.
  failure_action delivery = stop_processor{};
};

}  // namespace corka
