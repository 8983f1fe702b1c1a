// The last minutes in numbers.
#pragma once

#include "query/samples.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace corka::query {

[[nodiscard]] nlohmann::ordered_json sample_json(const sample& s);
[[nodiscard]] nlohmann::ordered_json sample_json(const processor_sample& s);
/// The same with `callback_buckets`.
[[nodiscard]] nlohmann::ordered_json sample_with_buckets_json(const processor_sample& s);
[[nodiscard]] nlohmann::ordered_json sample_json(const view_sample& s);

/// What of a history is wanted.
struct history_wish {
  /// How many of the last samples. 1..history::kept.
  std::size_t samples = 900;
  /// So many samples are drawn together: averages of rates, maxima of lags and of the 99th percentile. 1..60.
  std::size_t step = 1;
  /// Significant digits of each number, 1..15; by default two decimals.
  std::optional<int> digits{};
  /// Names of columns; by default all, and none where the list is empty.
  std::optional<std::vector<std::string_view>> total{};
  std::optional<std::vector<std::string_view>> processors{};
  std::optional<std::vector<std::string_view>> views{};
  /// With `callback_buckets` of processors and of all together, which is no column of the lists.
  bool buckets = false;
};

/// Two decimals are enough for people, and short; `digits`: so many significant ones at most. Null: unknown.
[[nodiscard]] nlohmann::ordered_json short_number(const std::optional<double>& v, std::optional<int> digits = {});

/// Counts of buckets, without the empty ones at both ends: [index of the first, its count, the next one's, …], null
/// where all are empty. Reading adds to `into`; false, and nothing is added: it is none of these.
using bucket_counts = decltype(latency_status::buckets);
[[nodiscard]] nlohmann::ordered_json packed_buckets(const bucket_counts& counts);
[[nodiscard]] bool add_packed_buckets(bucket_counts& into, const nlohmann::ordered_json& packed);

/// Samples of the last 15 minutes, one a second: about 300 bytes for each processor, 100 for each view.
class history {
 public:
  static constexpr std::size_t kept = 900;

  void add(sample s);
  [[nodiscard]] const sample* last() const { return samples_.empty() ? nullptr : &samples_.back(); }
  /// One column a number, null where it is unknown.
  [[nodiscard]] nlohmann::ordered_json columns(const history_wish& wish) const;
  /// Names of the columns that there are of processors, and of all together.
  [[nodiscard]] static std::vector<std::string_view> processor_columns();
  [[nodiscard]] static std::vector<std::string_view> view_columns();

 private:
  std::deque<sample> samples_;
};

}  // namespace corka::query
