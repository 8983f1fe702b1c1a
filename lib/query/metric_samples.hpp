// What all metrics of the status have in common.
#pragma once

#include "query/exposition.hpp"

#include <corka/status.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace corka::query::samples_of {

using kind = exposition::kind;

/// A processor and its labels. The second of a group in one process has the member "2": samples must differ.
struct shown {
  const processor_status& status;
  std::string member;
};
using statuses = std::vector<shown>;

/// The label's value; of things that stand for all partitions none.
inline std::string number_of(std::int32_t partition) {
  return partition < 0 ? std::string{} : std::to_string(partition);
}

[[nodiscard]] inline std::optional<double> seconds(const std::optional<std::chrono::milliseconds>& d) {
  return d ? std::optional{std::chrono::duration<double>{*d}.count()} : std::nullopt;
}

/// A sample; none of what is unknown.
template <class Value>
void put(exposition& out, exposition::labels of, const Value& value) {
  out.sample(of, value);
}
template <class Value>
void put(exposition& out, exposition::labels of, const std::optional<Value>& value) {
  if (value) out.sample(of, *value);
}

}  // namespace corka::query::samples_of
