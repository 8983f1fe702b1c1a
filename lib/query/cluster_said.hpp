// What instances said, read with care.
#pragma once

#include "query/across_instances.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace corka::query {

/// What an instance said, read once. Nothing in it is as it should be until it is looked at.
struct said {
  const instance_answer& by;
  nlohmann::ordered_json body = nlohmann::ordered_json::object();
  bool readable = false;
};
[[nodiscard]] std::vector<said> read_all(const std::vector<instance_answer>& all);
/// Whom there is nothing of, and why.
[[nodiscard]] nlohmann::ordered_json missing_of(const std::vector<said>& all);

[[nodiscard]] nlohmann::ordered_json value_of(const nlohmann::ordered_json& of, const char* name);
/// The same without a copy; null where there is no such member.
[[nodiscard]] const nlohmann::ordered_json* find_value(const nlohmann::ordered_json& of, const char* name);
/// What people call the instance.
[[nodiscard]] std::string label_of(const said& i);
/// The member `name`, or an empty array.
[[nodiscard]] nlohmann::ordered_json list_of(const nlohmann::ordered_json& of, const char* name);
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& of, const char* name);

template <class Number>
[[nodiscard]] Number number_of(const nlohmann::ordered_json& of, const char* name, Number otherwise) {
  const auto found = value_of(of, name);
  if (found.is_number_unsigned()) {
    const auto n = found.get<std::uint64_t>();
    return std::in_range<Number>(n) ? static_cast<Number>(n) : otherwise;
  }
  if (!found.is_number_integer()) return otherwise;
  const auto n = found.get<std::int64_t>();
  return std::in_range<Number>(n) ? static_cast<Number>(n) : otherwise;
}

/// What is no number counts for nothing.
void add(nlohmann::ordered_json& into, const nlohmann::ordered_json& more);
/// A sum of which one part is unknown is unknown; null: it is.
void add_known(nlohmann::ordered_json& into, const nlohmann::ordered_json& more);
void keep_larger(nlohmann::ordered_json& into, const nlohmann::ordered_json& other);

}  // namespace corka::query
