// Runs the callbacks of a partition, several at a time.
#pragma once

#include "partition/failure_handler.hpp"
#include "partition/intake.hpp"
#include "partition/key_lanes.hpp"
#include "partition/parts.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace corka::partition {

/// Up to `input_options::concurrency` coroutines of an input are suspended at once; `key_lanes` says which.
///
/// A record's batch and row are kept from when it is taken until its callback has ended: batches are counted, rows
/// pinned. Each running callback has a scope of its own. A callback that ends, or fails, tells the process loop through
/// `parts::wake` and `control`; it never throws into it.
///
/// A partition that is told to stop lets begin only what waits below a record that has begun: all that was done is
/// below the committed offset then, and is not called again. Where a deadline or a failure comes first, it is.
///
/// Strand: the partition's. Life: the coroutines of `parts::children` end before it. Cancellation: those that are
/// cancelled leave their records undone.
class lane_dispatcher {
 public:
  lane_dispatcher(const parts& of, failure_handler& failures, const std::vector<intake>& inputs);
  lane_dispatcher(const lane_dispatcher&) = delete;
  lane_dispatcher& operator=(const lane_dispatcher&) = delete;
  ~lane_dispatcher();

  /// Whether any input asks for it.
  [[nodiscard]] static bool needed(const declaration& group);

  /// Takes records [of.next, end), whose rows are there, and begins what may begin now. True if it took any. Once the
  /// whole batch is taken it is kept here, and `of` is empty.
  bool advance(std::uint16_t input, intake& of, std::size_t end);
  /// For visitors: no record of the key runs from when this returns until `release`; those that wait already come
  /// first. One claim at a time. False: `give_up` said true first; it is asked after each `control::settled`.
  [[nodiscard]] task<bool> claim(std::string_view key, std::function<bool()> give_up);
  void release();
  /// Callbacks that have begun and not ended.
  [[nodiscard]] std::size_t running() const noexcept { return running_; }

 private:
  using ticket = key_lanes::ticket;
  /// A batch with records that are not done with. While records are still taken from it, it is in the intake.
  struct held_batch {
    kafka::record_batch batch;
    std::size_t uses = 0;  ///< records that are not done with, and the intake
  };
  /// A record that runs or waits in its lane.
  struct job {
    held_batch* from = nullptr;
    const record* what = nullptr;  ///< stays where it is when its batch is moved
    std::size_t index = 0;
    const kafka::record_batch::holder* keep = nullptr;
    tables::row* row = nullptr;
    std::uint16_t input = 0;
    commit_tracker::slot slot = 0;
    record_scope* scope = nullptr;  ///< once it runs
  };
  struct input_state {
    const input_edge* edge = nullptr;
    held_batch* current = nullptr;         ///< of the batch that is in the intake
    commit_tracker::slot begun_below = 0;  ///< after the highest that has begun
  };

  void open_batch(input_state& in, const intake& of);
  void close_batch(std::uint16_t input, intake& of);
  [[nodiscard]] ticket next_ticket();
  void begin(ticket t);
  void begin_ready();
  [[nodiscard]] bool may_begin(ticket t) const;
  task<> await(ticket t);
  task<> await_resolution(ticket t, std::exception_ptr why);
  void ended(ticket t, bool done);
  void leave(held_batch& batch, tables::row* row);
  void claim_granted();

  const parts& parts_;
  failure_handler& failures_;
  key_lanes lanes_;
  /// Of a visitor: in its key's lane it is one more record, of an input of its own.
  enum class claim_state { none, waiting, held, given_up };

  std::vector<input_state> inputs_;
  const std::uint16_t visitors_;  // number of their input
  claim_state claim_ = claim_state::none;
  std::string claimed_key_;
  std::deque<job> jobs_;  // by ticket
  std::vector<ticket> free_tickets_;
  std::vector<std::unique_ptr<held_batch>> batches_;
  std::vector<held_batch*> free_batches_;
  std::vector<ticket> ready_;
  bool beginning_ready_ = false;
  std::size_t running_ = 0;
};

}  // namespace corka::partition
