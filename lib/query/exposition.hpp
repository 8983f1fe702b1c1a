// The text format that Prometheus reads, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace corka::query {

/// Writes families of samples. A family without a sample is not written; nor is a label with an empty value, which
/// means the same as none.
class exposition {
 public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  enum class kind { counter, gauge };

  /// Begins a family; each name once. `name` is "corka_<noun>_<unit>", a counter's ends in "_total".
  void family(std::string_view name, kind k, std::string_view help);
  void sample(labels of, std::uint64_t value);
  void sample(labels of, std::int64_t value);
  void sample(labels of, double value);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin(labels of);

  std::string text_;
  std::string header_;  // of a family that has no sample yet
  std::string name_;
};

}  // namespace corka::query
