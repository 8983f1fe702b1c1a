// What happens, in numbers: two looks at everything, about a second apart, and what came between.
#pragma once

#include "base/clock.hpp"

#include <corka/status.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::query {

/// Everything at one moment.
struct look {
  clock::time_point at;
  std::int64_t wall_ms = 0;
  std::vector<processor_status> processors;
  std::vector<view_status> views;
};

/// A second of one processor, or of all. What is unknown has no value.
struct processor_sample {
  std::optional<double> partitions;                  ///< that were here
  std::optional<double> in, in_bytes, out, written;  ///< a second
  std::optional<double> lag, lag_seconds;            ///< the sum; the largest
  std::optional<double> failed, dead_lettered;       ///< a second
  std::optional<double> in_flight;
  std::optional<double> callback_p50_us, callback_p99_us;  ///< of those that ended in this second
  /// How many took how long, as in latency_status: for those who merge several instances'.
  std::array<std::uint32_t, latency_bounds_us.size() + 1> callbacks{};
};
struct view_sample {
  std::optional<double> in, in_bytes, written;  ///< a second
  std::optional<double> lag, rows, bytes;
};
struct sample {
  std::int64_t t = 0;  ///< wall time in ms
  processor_sample total;
  std::vector<std::pair<std::string, processor_sample>> processors;  ///< "planes"; the second of a group: "planes#2"
  std::vector<std::pair<std::string, view_sample>> views;            ///< by name
};

/// What came between two looks.
[[nodiscard]] sample difference(const look& before, const look& now);

/// The value that a share of `q` does not exceed, within the bucket linearly; nothing where all are 0.
[[nodiscard]] std::optional<double> quantile_us(const decltype(latency_status::buckets)& counts, double q);

/// Rates of single things by the last two looks. Life: a value; cheap to copy.
class rates {
 public:
  rates() = default;
  rates(std::shared_ptr<const look> before, std::shared_ptr<const look> now)
      : before_{std::move(before)}, now_{std::move(now)} {}

  /// Records a second; nothing before there are two looks with that partition.
  [[nodiscard]] std::optional<double> in(std::string_view group, std::int32_t partition) const;
  [[nodiscard]] std::optional<double> in(std::string_view group, std::int32_t partition, std::string_view topic) const;
  [[nodiscard]] std::optional<double> written(std::string_view group, std::int32_t partition) const;
  /// The sums of all partitions of the group here.
  [[nodiscard]] std::optional<double> all_in(std::string_view group, std::string_view topic) const;
  [[nodiscard]] std::optional<double> all_out(std::string_view group, std::string_view topic) const;
  [[nodiscard]] std::optional<double> all_written(std::string_view group) const;
  [[nodiscard]] std::optional<double> all_joined(std::string_view group, std::string_view topic) const;
  [[nodiscard]] std::optional<double> all_dead_letters(std::string_view group) const;
  /// Of a view, or a lookup of a group.
  [[nodiscard]] std::optional<double> copied(const std::vector<copy_status>& before,
                                             const std::vector<copy_status>& now) const;
  [[nodiscard]] std::optional<double> view_in(std::string_view name) const;
  [[nodiscard]] std::optional<double> view_written(std::string_view name, std::int32_t partition) const;
  [[nodiscard]] std::optional<double> looked_up(std::string_view group, std::string_view topic) const;

 private:
  template <class Count>
  [[nodiscard]] std::optional<double> of_one(std::string_view group, std::int32_t partition, Count count) const;
  template <class Count>
  [[nodiscard]] std::optional<double> of_all(std::string_view group, Count count) const;
  [[nodiscard]] double seconds() const;

  std::shared_ptr<const look> before_;
  std::shared_ptr<const look> now_;
};

}  // namespace corka::query
