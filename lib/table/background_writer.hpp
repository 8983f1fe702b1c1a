// Writes batches into a store on another thread, while the next one is being collected.
#pragma once

#include "async/execution.hpp"
#include "store/store.hpp"
#include "table/change_batch.hpp"

#include <corka/task.hpp>

#include <memory>

namespace corka::tables {

/// One batch at a time, each in one transaction with its checkpoint.
///
/// Strand: every member on `strand`. Life: destroyed only when `idle` has returned; the store outlives it.
/// Cancellation: none: what is being written is written. Errors: `idle` throws what the store threw, once.
class background_writer {
 public:
  background_writer(async::execution& threads, executor strand, store::table_store& to, store::identity of);

  /// Takes the batch and gives an empty one back, whose memory is that of an earlier batch. Nothing is being written.
  [[nodiscard]] std::unique_ptr<change_batch> write(std::unique_ptr<change_batch> batch, store::checkpoint reached);
  /// Returns when nothing is being written.
  [[nodiscard]] task<> idle();

 private:
  struct state;
  async::execution& threads_;
  executor strand_;
  std::shared_ptr<state> state_;
};

}  // namespace corka::tables
