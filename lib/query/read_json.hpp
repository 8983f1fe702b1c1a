// JSON that others wrote.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace corka::query {

/// Nothing where it is malformed, or nested deeper than anything here is: copying and printing a value takes stack for
/// each level.
[[nodiscard]] std::optional<nlohmann::ordered_json> read_json(std::string_view text);

}  // namespace corka::query
