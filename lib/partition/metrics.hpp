// What a partition counts while it runs; read by others at any time.
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"
#include "base/histogram.hpp"

#include <corka/status.hpp>
#include <corka/store.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace corka::partition {

/// Positions of one input.
struct input_metrics {
  explicit input_metrics(std::string name) : topic{std::move(name)} {}

  std::string topic;
  std::atomic<std::int64_t> processed{-1};  ///< -1: not known yet
  std::atomic<std::int64_t> committed{-1};
  std::atomic<std::int64_t> end{-1};
  std::atomic<std::int64_t> timestamp_ms{-1};  ///< of the record that is processed, or was the last; -1: not known
  std::optional<std::chrono::milliseconds> retention;  ///< of the loop; set before anybody reads
  counter records;
  counter bytes;

  /// As input_status::lag_time.
  [[nodiscard]] std::optional<std::chrono::milliseconds> lag_time(std::int64_t now_ms) const;
};

/// What went to one output.
struct output_metrics {
  explicit output_metrics(std::string name) : topic{std::move(name)} {}

  std::string topic;
  counter records;
  counter bytes;
};

/// Written by the partition's strand, read by any thread.
struct metrics {
  metrics(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);

  std::atomic<partition_state> state{partition_state::recovering};
  std::vector<std::unique_ptr<input_metrics>> inputs;
  std::vector<std::unique_ptr<output_metrics>> outputs;
  counter emitted_records;
  counter emitted_bytes;
  counter changelog_records;
  counter changelog_bytes;
  counter failures;
  counter retries;
  counter skipped;
  counter dead_letters;
  std::atomic<std::uint64_t> running{0};
  std::atomic<std::uint64_t> deferred{0};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> dirty_rows{0};
  std::atomic<std::uint64_t> store_rows{0};
  std::atomic<std::uint64_t> store_bytes{0};
  std::atomic<std::uint64_t> store_map_bytes{0};      ///< 0: the store has no such limit
  std::atomic<std::int64_t> store_oldest_reader{-1};  ///< -1: the store does not tell
  std::atomic<std::int64_t> checkpoint_wall_ms{-1};   ///< of the last one; -1: there was none
  std::atomic<std::int64_t> changelog_offset{0};
  histogram callback_ns;
  histogram ack_ns;
  histogram checkpoint_ns;
  histogram end_to_end_us;

  /// How large the table's store is now.
  void stored(const store::store_stats& size);
  /// The partition has failed.
  void failed(std::string why);
  /// A record has failed.
  void noted(std::string why);
  /// A record's callback has ended; both in wall time, `timestamp_ms` below 0 where the record has none.
  void ended(std::int64_t timestamp_ms, std::int64_t now_ms);
  /// Fills what is counted here; `now_ms` is wall time.
  void fill(partition_status& into, std::int64_t now_ms) const;

 private:
  mutable std::mutex mutex_;
  std::string last_error_;
};

/// Times one send at a time: cheap, and enough for quantiles.
struct ack_probe {
  std::uint64_t tag = 0;
  bool open = false;
  clock::time_point sent{};
};

}  // namespace corka::partition
