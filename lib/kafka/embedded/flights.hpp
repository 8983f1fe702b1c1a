// Batches between a producer and its broker, where a fault plan lets them take time.
#pragma once

#include "async/signal.hpp"
#include "async/timer.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/embedded/faults.hpp"
#include "kafka/embedded/link.hpp"
#include "kafka/embedded/topic_output.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <system_error>
#include <vector>

namespace corka::kafka::embedded {

/// What became of a batch.
struct finished_batch {
  std::unique_ptr<outgoing_batch> what;
  std::int64_t base = 0;  ///< offset of its first record
  std::error_code failed;

  /// Into the log; a disk that refuses is told to the broker, and is a failure of the batch.
  void append_to(hosted_partition& to, broker& of);
};

/// One partition's batches are written, and told of, one after another. They wait for a broker that is away, and what
/// they were told of one that crashed dies with it.
///
/// Strand: `control`; nothing else runs beside it, as fault plans need. Life: the plan outlives it.
class flights {
 public:
  flights(fault_plan& plan, std::shared_ptr<broker> on, std::shared_ptr<link> by, executor control);

  void take_off(accumulator& from, std::unique_ptr<outgoing_batch> batch);
  /// Lets happen what is due, and gives those that are done with.
  void move_on(const std::function<void(finished_batch)>& landed);
  /// Returns when something may be due, or after `wake`.
  [[nodiscard]] task<> next();
  void wake();
  /// What has not landed never will.
  [[nodiscard]] std::vector<std::unique_ptr<outgoing_batch>> crash();

 private:
  struct flight {
    accumulator* from = nullptr;
    topic_partition where;
    std::unique_ptr<outgoing_batch> what;
    clock::time_point due;  ///< of the next step
    clock::duration told_after{};
    bool kept = true;
    bool twice = false;
    bool again_after_crash = false;
    std::error_code failed{};
    std::int64_t base = 0;
    bool written = false;
    std::uint64_t life = 0;  ///< of the broker that it was written to
  };

  [[nodiscard]] bool move_on(flight& f);
  [[nodiscard]] bool land(flight& f);

  fault_plan& plan_;
  std::shared_ptr<broker> on_;
  std::shared_ptr<link> link_;
  std::list<flight> under_way_;  // in the order of their sending
  clock::time_point due_ = clock::time_point::max();
  async::timer flying_;
  async::signal wanted_;
};

}  // namespace corka::kafka::embedded
