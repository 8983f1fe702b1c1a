// Sends dead letters back to where they came from.
#pragma once

#include <corka/partitioner.hpp>
#include <corka/processor.hpp>
#include <corka/service.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace corka {

struct replay_options {
  /// The topics that records may go back to; a dead letter from another one ends the replay with an error that names
  /// it.
  std::vector<std::string> into{};
  /// Whose committed offsets say what has been replayed. Empty: the dead-letter topic's name and "-replay".
  std::string group{};
  /// How the topics' keys are spread over partitions.
  partitioner partition_by = partitioner::fnv1a;
  processor_options processing{};
};

/// Emits each record of a dead-letter topic to the topic it failed in, with its key, value, headers and timestamp, and
/// without the headers that start with "corka-". The records stay in the dead-letter topic; the next replay goes on
/// after them.
///
/// Bounded: `run` returns when everything is sent back that the topic held when it was assigned. Resumable: what was
/// interrupted goes on from the last committed offset; a few records may be sent twice. One replay of a group at a
/// time.
///
/// Life, threads, cancellation, errors: as a processor.
class replay final : public service {
 public:
  /// @throws error{errc::invalid_declaration, errc::invalid_option}.
  explicit replay(const std::string& dead_letters, replay_options options);
  ~replay() override;

  [[nodiscard]] task<> run(runtime& on) override;
  void stop() noexcept override;

  /// Records sent back by this object.
  [[nodiscard]] std::uint64_t sent() const noexcept;
  [[nodiscard]] processor_status status() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka
