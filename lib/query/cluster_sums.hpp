// Samples of several instances as one.
#pragma once

#include "query/history.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace corka::query {

/// How a field of several instances becomes one.
enum class joined_by {
  sum,      ///< unknown where one is
  largest,  ///< of those that are known
  worst,    ///< the largest; unknown where one is
};
struct joined_field {
  const char* name;
  joined_by how;
};
inline constexpr std::array<joined_field, 10> processor_joins{{{"partitions", joined_by::sum},
                                                               {"in", joined_by::sum},
                                                               {"in_bytes", joined_by::sum},
                                                               {"out", joined_by::sum},
                                                               {"written", joined_by::sum},
                                                               {"lag", joined_by::sum},
                                                               {"lag_seconds", joined_by::largest},
                                                               {"failed", joined_by::sum},
                                                               {"dead_lettered", joined_by::sum},
                                                               {"in_flight", joined_by::sum}}};
/// Each instance that has a view has all of it.
inline constexpr std::array<joined_field, 6> view_joins{{{"in", joined_by::sum},
                                                         {"in_bytes", joined_by::sum},
                                                         {"written", joined_by::sum},
                                                         {"lag", joined_by::worst},
                                                         {"rows", joined_by::largest},
                                                         {"bytes", joined_by::largest}}};

/// A number that several say.
class joined_number {
 public:
  explicit joined_number(joined_by how) : how_{how} {}

  /// What is no number is unknown.
  void add(const nlohmann::ordered_json* said) {
    if (said == nullptr || !said->is_number()) {
      if (how_ != joined_by::largest) unknown();
      return;
    }
    const auto n = said->get<double>();
    value_ = !value_ ? n : how_ == joined_by::sum ? *value_ + n : std::max(*value_, n);
  }
  void unknown() { known_ = false; }
  [[nodiscard]] std::optional<double> get() const { return known_ ? value_ : std::nullopt; }

 private:
  joined_by how_;
  std::optional<double> value_;
  bool known_ = true;
};

}  // namespace corka::query
