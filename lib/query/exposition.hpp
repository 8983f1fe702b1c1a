// The text formats that Prometheus reads: its own, version 0.0.4, and OpenMetrics 1.0.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace corka::query {

/// Writes families of samples. A family without a sample is not written; nor is a label with an empty value, which
/// means the same as none.
class exposition {
 public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  enum class kind { counter, gauge, histogram };
  enum class format { prometheus, openmetrics };

  explicit exposition(format f = format::prometheus) : format_{f} {}

  /// Begins a family; each name once. `name` is "corka_<noun>_<unit>", a counter's ends in "_total".
  void family(std::string_view name, kind k, std::string_view help);
  void sample(labels of, std::uint64_t value);
  void sample(labels of, std::int64_t value);
  void sample(labels of, double value);
  /// One histogram: `counts` are of the buckets up to each of the rising `bounds`, and above the last one.
  void histogram(labels of, std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);

  [[nodiscard]] std::string take();

 private:
  void begin(labels of, std::string_view suffix = {}, std::string_view le = {});

  format format_;
  std::string text_;
  std::string header_;  // of a family that has no sample yet
  std::string name_;
};

}  // namespace corka::query
