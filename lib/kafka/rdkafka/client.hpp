// Serves the event queues of one librdkafka instance on one strand.
#pragma once

#include "async/event.hpp"
#include "async/signal.hpp"
#include "async/strand_check.hpp"
#include "async/timer.hpp"
#include "kafka/rdkafka/event_bridge.hpp"
#include "kafka/rdkafka/handle.hpp"

#include <corka/task.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace corka::kafka::rdkafka {

/// Who reads what a librdkafka instance says unasked (errors, deliveries, rebalances): one client of it.
enum class hears {
  everything,
  answers,  ///< only those to its own requests: the instance is shared
};

/// Reads what librdkafka has to say, and pairs requests with their answers.
///
/// Life: `start` once; `stop` before the owner of the callbacks ends; a coroutine of its own keeps it until then.
/// Strand: every member on `control`. Errors: a request that is open at `stop` throws error{errc::stopped}, one that is
/// open when the cluster refuses the credentials throws error{errc::unauthorized}.
class client : public std::enable_shared_from_this<client> {
 public:
  struct callbacks {
    /// Events that answer no request.
    std::function<void(rd_kafka_event_t*)> on_event;
    /// Each `tick`, if it is not 0.
    std::function<void()> on_tick{};
    clock::duration tick{0};
    /// Before going to sleep.
    std::function<void()> on_idle{};
  };

  client(std::shared_ptr<handle> h, executor control, hears what = hears::everything);
  void start(callbacks to);
  void stop() noexcept;
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  /// Reads everything that is there now, besides what the coroutine reads by itself.
  void drain();
  /// The cluster does not let this instance in, as was heard at `when`: ends the requests that are open.
  void refuse(std::string why, clock::time_point when);
  /// Makes the coroutine look. From any thread.
  void wake() const noexcept { awake_.notify(); }

  /// Starts a request and calls `answered` with its event, or with nothing where there will be none. `issue` gets the
  /// opaque and the queue that it must name.
  using issue = std::function<void(void* opaque, rd_kafka_queue_t* replies)>;
  std::uint64_t request(const issue& start, std::function<void(native::event)> answered);
  void forget(std::uint64_t request) noexcept { open_.erase(request); }
  /// The same for a coroutine. Cancellation: total.
  [[nodiscard]] task<native::event> ask(issue start);

  [[nodiscard]] rd_kafka_queue_t* replies() const noexcept { return replies_.get(); }
  [[nodiscard]] rd_kafka_t* rk() const noexcept { return handle_->get(); }
  [[nodiscard]] const std::shared_ptr<handle>& shared_handle() const noexcept { return handle_; }
  [[nodiscard]] const logger& log() const noexcept { return handle_->log(); }
  [[nodiscard]] clock& time() const noexcept { return handle_->where().time(); }
  [[nodiscard]] async::execution& where() const noexcept { return handle_->where(); }
  [[nodiscard]] const executor& control() const noexcept { return control_; }

 private:
  [[nodiscard]] static task<> pump(std::shared_ptr<client> self);
  [[nodiscard]] static task<> ticking(std::shared_ptr<client> self);
  bool read(rd_kafka_queue_t* from);
  void take(native::event e);
  void drop_requests();

  std::shared_ptr<handle> handle_;
  executor control_;
  async::strand_check check_;
  async::signal awake_;
  async::timer ticks_;
  native::queue main_;  // none where it hears answers only
  native::queue replies_;
  std::optional<event_bridge> main_bridge_;
  std::optional<event_bridge> replies_bridge_;
  callbacks to_;
  std::map<std::uint64_t, std::function<void(native::event)>> open_;
  std::uint64_t last_request_ = 0;
  std::string refused_;  // why the cluster did not let us in when we last heard of that
  clock::time_point refused_at_{};
  bool tick_due_ = false;
  bool stopped_ = false;
};

}  // namespace corka::kafka::rdkafka
