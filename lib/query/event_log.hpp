// What happened: the last entries of the program's log, changes of state, failures.
#pragma once

#include "base/clock.hpp"

#include <corka/log.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::query {

struct log_entry {
  enum class kind { message, state, rebalance, failure, dead_letter, action };
  std::uint64_t id = 0;  ///< grows by each entry
  std::int64_t t = 0;    ///< wall time in ms
  kind what = kind::message;
  log_level level = log_level::info;
  std::string component;
  std::string message;
  std::optional<std::string> group{};
  std::optional<std::int32_t> partition{};
  std::optional<std::int64_t> duration_ms{};
};

[[nodiscard]] nlohmann::ordered_json entry_json(const log_entry& e);

/// The last 1,000 entries, however many there were. Threads: any.
class event_log {
 public:
  static constexpr std::size_t kept = 1'000;
  /// Longer messages are cut.
  static constexpr std::size_t message_bytes = 2'000;

  explicit event_log(clock& time) : time_{time} {}

  /// `id` and, unless it has one, `t` are given here.
  void add(log_entry e);
  /// Passes on to `to` and keeps what passes. Life: this outlives it.
  [[nodiscard]] log_sink tee(log_sink to);

  struct page {
    std::vector<log_entry> entries;  ///< oldest first
    bool dropped = false;            ///< there were others before, after `after`
  };
  /// The newest `limit` of those with a larger id, from wall time `since` (ms) on.
  [[nodiscard]] page after(std::uint64_t id, std::size_t limit = kept, std::int64_t since = 0) const;

 private:
  clock& time_;
  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::deque<log_entry> entries_;
};

}  // namespace corka::query
