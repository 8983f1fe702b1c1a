// A record on its way, as seen by whoever may ask what became of it.
#pragma once

#include "async/signal.hpp"

#include <corka/emitter.hpp>
#include <corka/error.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <system_error>

namespace corka::detail {

/// Outcome of one emission, and at most one coroutine that waits for it. A pointer's worth of synchronisation: nobody
/// who ignores the outcome pays for waiting.
///
/// Threads: `finish` from one, `wait` from another. Fields other than `waiter` are written before `finish` and read
/// after it.
struct emitted::state {
  const topic_name* topic = nullptr;
  partition_id partition{-1};
  offset at;
  std::error_code failed{};

  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state();

  [[nodiscard]] bool finished() const noexcept;
  void finish(offset where, std::error_code why) noexcept;
  /// Wakes `by` when finished; false: it is finished already.
  bool wake_when_finished(async::signal::notifier by);
  /// Forgets the waiter.
  void forget_waiter() noexcept;
  /// @throws error for a failed emission.
  [[nodiscard]] record_position result() const;

 private:
  std::atomic<const async::signal::notifier*> waiter_{nullptr};
};

/// What an emission's failure says: topic, reason, cure.
[[nodiscard]] error delivery_error(const topic_name& topic, partition_id partition, std::error_code why);

/// Numbers emissions, keeps those that are unfinished, and knows the lowest of them.
///
/// Life: emissions outlive the log for those who hold them. Threads: none; the emitter's lock guards it.
class emission_log {
 public:
  struct entry {
    std::uint64_t tag = 0;
    std::shared_ptr<emitted::state> state;
  };

  explicit emission_log(topic_name topic) : topic_{std::make_shared<const topic_name>(std::move(topic))} {}

  entry add();
  /// An emission that failed at once; not part of the log.
  [[nodiscard]] std::shared_ptr<emitted::state> refused(std::error_code why) const;
  /// Ignores tags that are finished already. Returns the partition of the emission finished by this.
  std::optional<partition_id> finish(std::uint64_t tag, offset at, std::error_code why) noexcept;
  /// Fails all that is unfinished.
  std::size_t fail_all(std::error_code why) noexcept;

  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
  /// Everything below is finished.
  [[nodiscard]] std::uint64_t low() const noexcept { return low_; }
  [[nodiscard]] std::size_t unfinished() const noexcept { return unfinished_; }

 private:
  // Emissions are made 256 at a time, so that one costs no allocation; a block goes when its last emission is finished
  // and nobody holds any of them.
  static constexpr std::size_t block_size = 256;
  struct block {
    explicit block(std::shared_ptr<const topic_name> t);
    std::shared_ptr<const topic_name> topic;
    std::array<emitted::state, block_size> states;
  };
  [[nodiscard]] emitted::state& at(std::uint64_t tag) noexcept;

  std::shared_ptr<const topic_name> topic_;
  std::deque<std::shared_ptr<block>> blocks_;
  std::uint64_t first_ = 0;  // tag of the first emission of the first block
  std::uint64_t low_ = 0;
  std::uint64_t next_ = 0;
  std::size_t unfinished_ = 0;
};

}  // namespace corka::detail
