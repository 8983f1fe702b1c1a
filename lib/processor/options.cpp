#include "processor/options.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace corka::processor_parts {

void check(const processor_options& options) {
  std::vector<std::string> wrong;
  const auto within = [&wrong](std::string_view name, std::int64_t value, std::int64_t least, std::int64_t most,
                               std::string_view unit) {
    if (value < least || value > most)
      wrong.push_back(fmt::format("{} is {}{}: {} to {} is possible", name, value, unit, least, most));
  };
  constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
  constexpr std::int64_t gib = 1LL << 30U;
  within("new_topic_partitions", options.new_topic_partitions, 1, 10'000, "");
  within("topic_check_interval", options.topic_check_interval.count(), 1'000, day_ms, " ms");
  within("standby_replicas", options.standby_replicas, 0, 10'000, "");
  within("session_timeout", options.session_timeout.count(), 100, day_ms, " ms");
  within("heartbeat_interval", options.heartbeat_interval.count(), 10, options.session_timeout.count() / 2, " ms");
  within("max_poll_interval", options.max_poll_interval.count(), 1'000, day_ms, " ms");
  within("revoke_deadline", options.revoke_deadline.count(), 1, options.max_poll_interval.count() / 2, " ms");
  within("store_linger", options.store_linger.count(), 0, day_ms, " ms");
  within("commit_interval", options.commit_interval.count(), 1, day_ms, " ms");
  within("commit_bytes", static_cast<std::int64_t>(options.commit_bytes), 1, 64 * gib, " bytes");
  within("batch_records", static_cast<std::int64_t>(options.batch_records), 1, 100'000, "");
  within("batch_bytes", static_cast<std::int64_t>(options.batch_bytes), 1, gib, " bytes");
  within("in_flight_records", static_cast<std::int64_t>(options.in_flight_records), 1, 10'000'000, "");
  within("undone_records", static_cast<std::int64_t>(options.undone_records), 1, 1'000'000'000, "");
  within("cache_bytes", static_cast<std::int64_t>(options.cache_bytes), 0, 1024 * gib, " bytes");
  within("linger", options.linger.count(), 0, 60'000, " ms");
  if (wrong.empty()) return;
  throw error{errc::invalid_option, fmt::format("processor_options:\n  - {}", fmt::join(wrong, "\n  - "))};
}

}  // namespace corka::processor_parts
