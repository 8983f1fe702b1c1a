// What threads that emit, coroutines that wait, and the emitter's run share.
#pragma once

#include "async/signal.hpp"
#include "base/clock.hpp"
#include "emitter/emission.hpp"
#include "kafka/ports.hpp"

#include <corka/emitter.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corka::detail {

/// The state of an emitter behind one lock.
///
/// Life: shared by the emitter, its run and those who wait. Threads: any, but for what emitter_run calls. Order:
/// emissions get their number and go to the producer under the lock, so that each thread's keep their order, also
/// across the moment of connecting.
class emitter_core {
 public:
  emitter_core(topic_name topic, partitioner by, emitter_options options);
  [[nodiscard]] const partitioner& partition_by() const noexcept { return by_; }

  const topic_name topic;
  const emitter_options options;

  // For threads that emit
  [[nodiscard]] std::shared_ptr<emitted::state> send(std::string_view key, std::optional<std::string_view> value,
                                                     const emit_options& with);
  void stop() noexcept;

  // For coroutines on any strand; `self` keeps the core for as long as they wait
  [[nodiscard]] static task<> ready(std::shared_ptr<emitter_core> self);
  [[nodiscard]] static task<> flush(std::shared_ptr<emitter_core> self);
  [[nodiscard]] static task<std::vector<offset_range>> written(std::shared_ptr<emitter_core> self);

  // For the run
  /// What is there once the cluster was reached.
  struct connection {
    executor control;
    std::shared_ptr<kafka::producer> producer;
    std::shared_ptr<kafka::output_topic> output;
    std::shared_ptr<kafka::admin> admin;
    kafka::sink_id sink = 0;
  };
  struct totals {
    std::uint64_t acknowledged = 0;
    std::uint64_t failed = 0;
  };
  /// Takes emissions from now on and keeps them until `connected`; false: `stop` was called before.
  [[nodiscard]] bool begin(async::signal::notifier wake, clock& time);
  /// Hands what was kept to the producer, and everything that follows.
  void connected(connection to);
  void reported(std::span<const kafka::delivery_report> reports);
  [[nodiscard]] bool stopping() const;
  /// Emissions that no producer has yet.
  [[nodiscard]] bool any_kept() const;
  /// Takes no emission any more.
  void refuse();
  /// Fails what is left; says how the run went.
  totals end(std::error_code left_over);

 private:
  enum class phase { idle, connecting, open, closing, ended };
  struct kept {
    std::uint64_t tag;
    std::shared_ptr<emitted::state> state;
    std::string key;
    std::optional<std::string> value;
    emit_options with;
  };
  class waiter;

  void hand_over(std::uint64_t tag, emitted::state& of, std::string_view key, std::optional<std::string_view> value,
                 const emit_options& with);
  void count(std::optional<partition_id> finished, std::error_code why);
  void wake_waiters() noexcept;
  [[nodiscard]] bool takes() const noexcept { return !stop_ && (phase_ == phase::connecting || phase_ == phase::open); }
  /// @throws error{errc::stopped} where waiting for a connection is in vain.
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::optional<error> take_failure();

  const partitioner by_;
  mutable std::mutex mutex_;
  phase phase_ = phase::idle;
  bool stop_ = false;
  clock* time_ = nullptr;
  async::signal::notifier run_;
  std::optional<connection> to_;
  std::deque<kept> kept_;
  emission_log log_;
  totals totals_;
  std::optional<std::pair<partition_id, std::error_code>> first_failure_;  // since the last flush
  std::vector<const async::signal::notifier*> waiters_;
  std::vector<header_view> headers_;  // reused by hand_over
};

}  // namespace corka::detail
