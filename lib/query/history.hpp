// The last minutes in numbers.
#pragma once

#include "query/samples.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <deque>

namespace corka::query {

[[nodiscard]] nlohmann::ordered_json sample_json(const sample& s);
[[nodiscard]] nlohmann::ordered_json sample_json(const processor_sample& s);
[[nodiscard]] nlohmann::ordered_json sample_json(const view_sample& s);

/// Samples of the last 15 minutes, one a second: about 200 bytes for each processor and view.
class history {
 public:
  static constexpr std::size_t kept = 900;

  void add(sample s);
  [[nodiscard]] const sample* last() const { return samples_.empty() ? nullptr : &samples_.back(); }
  /// The last `samples`, `step` of them drawn together: averages of rates, maxima of lags and of the 99th percentile.
  /// One column a number, null where it is unknown.
  [[nodiscard]] nlohmann::ordered_json columns(std::size_t samples, std::size_t step) const;

 private:
  std::deque<sample> samples_;
};

}  // namespace corka::query
