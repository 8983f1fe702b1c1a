// One run of an emitter.
#pragma once

#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "emitter/emitter_core.hpp"
#include "kafka/ports.hpp"
#include "partition/delivery_inbox.hpp"
#include "processor/runtime_core.hpp"

#include <corka/log.hpp>

#include <exception>
#include <memory>
#include <vector>

namespace corka::detail {

/// Connects, takes delivery reports, and drains on `stop`.
///
/// Life: one `run`. Strand: worker 0. Cancellation: by the core's `stop` only. Errors: what connecting failed on for
/// good; a broker that is away is waited for.
class emitter_run {
 public:
  emitter_run(std::shared_ptr<emitter_core> core, runtime_core& on, const executor& here);

  [[nodiscard]] task<> run();

 private:
  [[nodiscard]] task<> work();
  [[nodiscard]] task<> connect();
  [[nodiscard]] task<emitter_core::connection> connect_once();
  [[nodiscard]] task<> close_producer(clock::time_point deadline);
  [[nodiscard]] task<> ring_at(clock::time_point deadline);
  void take_reports();

  std::shared_ptr<emitter_core> core_;
  runtime_core& on_;
  logger log_;
  executor here_;
  async::signal wake_;
  std::shared_ptr<partition::delivery_inbox> inbox_;
  std::shared_ptr<kafka::producer> producer_;
  kafka::sink_id sink_ = 0;
  async::task_group children_;
  std::vector<kafka::delivery_report> reports_;
  bool connected_ = false;
  bool failed_ = false;
  bool late_ = false;
  bool closed_ = false;
  std::exception_ptr failure_;
};

}  // namespace corka::detail
