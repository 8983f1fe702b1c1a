// The working part of the embedded broker's producer.
#pragma once

#include "async/event.hpp"
#include "async/signal.hpp"
#include "async/timer.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/embedded/flights.hpp"
#include "kafka/embedded/link.hpp"
#include "kafka/embedded/topic_output.hpp"
#include "kafka/ports.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

namespace corka::kafka::embedded {

/// Collects records into frames, one open frame a partition; writes them when they are full, when they have lingered,
/// or when somebody is in a hurry; reports.
///
/// Strand: its two coroutines, `close`, and reports run on the control executor. `send` writes full frames itself when
/// the broker is in memory; a broker on disk is written to from the blocking pool, by one call at a time. Life: kept by
/// the coroutines until `close` or `abandon`. While the broker is away records wait here.
class producer_core : public std::enable_shared_from_this<producer_core> {
 public:
  producer_core(std::shared_ptr<broker> on, producer_options options, executor control);
  void start();

  [[nodiscard]] std::shared_ptr<output_topic> topic(const topic_name& name);
  [[nodiscard]] sink_id attach(std::shared_ptr<delivery_sink> sink);
  void detach(sink_id id) noexcept;
  void send(const topic_output& to, const outgoing& what, sink_id sink, std::uint64_t tag);
  [[nodiscard]] bool congested() const noexcept {
    return records_.load(std::memory_order_relaxed) >= options_.buffer_records ||
           bytes_.load(std::memory_order_relaxed) >= options_.buffer_bytes;
  }
  void hurry() noexcept;
  [[nodiscard]] task<> close(clock::time_point deadline);
  /// Fails what is left and ends the coroutines. Any thread.
  void abandon() noexcept;

 private:
  struct refusal {
    sink_id sink;
    delivery_report report;
    std::size_t bytes;
  };

  static task<> write_loop(std::shared_ptr<producer_core> self);
  static task<> fly(std::shared_ptr<producer_core> self);
  static task<> linger_loop(std::shared_ptr<producer_core> self);
  /// A disk may keep its writer waiting. Under a fault plan batches are sent off, and written when they arrive.
  [[nodiscard]] bool writes_aside() const noexcept { return on_->durable() && on_->faults() == nullptr; }
  /// False: nothing is written any more.
  [[nodiscard]] bool list(accumulator& of);
  void request_flush() noexcept;
  [[nodiscard]] bool take_request();
  /// Writes what the listed accumulators hold, or fails it. Any thread, one at a time but for `write`.
  void write_listed(std::error_code fail_with);
  void write(accumulator& of, std::error_code fail_with);
  void write(accumulator& of, std::unique_ptr<outgoing_batch> batch, std::error_code fail_with);
  void refuse(sink_id sink, std::uint64_t tag, std::size_t bytes, errc why);
  void report();
  [[nodiscard]] std::unique_ptr<outgoing_batch> take_spare();

  std::shared_ptr<broker> on_;
  producer_options options_;
  executor control_;
  async::signal wake_;
  async::signal linger_wanted_;
  async::timer linger_;
  async::timer closing_until_;
  async::event ended_;
  std::shared_ptr<link> link_;

  std::optional<flights> flights_;  // with a fault plan only, which one thread uses

  std::atomic<std::size_t> records_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> giving_up_{false};
  std::atomic<bool> loop_ended_{false};

  std::mutex mutex_;  // after an accumulator's
  std::vector<accumulator*> listed_;
  std::vector<finished_batch> finished_;
  std::vector<refusal> refused_;
  std::vector<std::unique_ptr<outgoing_batch>> spare_;
  bool lingering_ = false;
  bool flush_requested_ = false;
  bool drained_ = false;

  std::mutex topics_mutex_;
  std::vector<std::shared_ptr<topic_output>> topics_;  // all that were ever asked for: accumulators stay where they are
  std::mutex sinks_mutex_;
  std::map<sink_id, std::shared_ptr<delivery_sink>> sinks_;
  sink_id last_sink_ = 0;
  std::map<sink_id, std::vector<delivery_report>> reports_;  // of one round, on control
};

}  // namespace corka::kafka::embedded
