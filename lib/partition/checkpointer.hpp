// Saves rows and publishes watermarks.
#pragma once

#include "async/event.hpp"
#include "async/timer.hpp"
#include "partition/commit_tracker.hpp"
#include "partition/control.hpp"
#include "partition/environment.hpp"
#include "partition/intake.hpp"
#include "partition/loop_watch.hpp"
#include "partition/metrics.hpp"
#include "partition/partition_sender.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace corka::partition {

/// Each commit interval, or sooner when rows pile up: cuts the overlay, waits until the changelog has all of the cut,
/// applies it to the store with the offsets it stands for, and publishes the watermarks.
///
/// Strand: the partition's; the store is written on the blocking pool. Cancellation: `keep` supports total, but for the
/// store's transaction, which is let end.
class checkpointer {
 public:
  /// Called on the strand with watermarks that may be committed.
  using publisher = std::function<void(std::vector<kafka::position>)>;

  /// `inputs` and `trackers` go together; `table` is the identity of the changelog. Without a store: a stateless group.
  checkpointer(const environment& env, const executor& strand, const logger& log, control& state,
               std::vector<intake>& inputs, std::vector<commit_tracker>& trackers, partition_sender& sender,
               metrics& counts, std::shared_ptr<store::table_store> store, store::identity table,
               std::vector<kafka::position> starts, publisher publish);

  /// Positions that are to be committed although nothing was processed.
  void publish(const std::vector<kafka::position>& begun);
  /// Returns after the last checkpoint, once `control::closing` is set and `hurry` was called.
  [[nodiscard]] task<> keep();
  /// The next checkpoint is due now.
  void hurry() { due_.cancel(); }
  /// Wants all that is written so far in the store, soon. Returns what `saved` reaches once it is there;
  /// `control::settled` is pulsed when it moves.
  [[nodiscard]] std::uint64_t ask();
  [[nodiscard]] std::uint64_t saved() const { return saved_; }
  /// Set when `keep` has returned.
  [[nodiscard]] async::event& ended() { return ended_; }

 private:
  task<> checkpoint();
  task<> save();
  void publish_watermarks();
  void watch_loop();

  const environment& env_;
  const logger& log_;
  control& control_;
  std::vector<intake>& inputs_;
  std::vector<commit_tracker>& trackers_;
  partition_sender& sender_;
  metrics& counts_;
  std::shared_ptr<store::table_store> store_;
  store::identity table_;
  std::vector<kafka::position> published_;
  publisher publish_;
  std::optional<loop_watch> loop_;
  async::timer due_;
  async::event ended_;
  bool asked_ = false;
  std::uint64_t begun_ = 0;  // saves
  std::uint64_t saved_ = 0;
};

}  // namespace corka::partition
