// Flags' values, checked with words that help.
#pragma once

#include <corka/log.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::app_parts {

/// A value that a flag cannot have. The message begins with the value or with what is missing, and ends in what to do.
struct unusable_value {
  std::string why;
};

// All throw unusable_value.
[[nodiscard]] std::int64_t whole_number(const std::string& text, std::int64_t least, std::int64_t most);
[[nodiscard]] double number(const std::string& text);
[[nodiscard]] log_level level(const std::string& text);
[[nodiscard]] std::string one_of(const std::string& text, const std::vector<std::string>& choices);
/// "embedded", or "host:port,host:port".
[[nodiscard]] std::string broker_list(const std::string& text);
/// Nothing for "off".
[[nodiscard]] std::optional<std::string> http_address(const std::string& text);
/// "host:port" or "https://host:port"; empty for "off".
[[nodiscard]] std::string advertised(const std::string& text);
/// "KEY=VALUE" each; the last of a key counts. What is wrong is told without the values: they may be secrets.
[[nodiscard]] std::map<std::string, std::string> properties(const std::vector<std::string>& pairs);

/// What the file says, without white space around it; never repeated in what is wrong.
[[nodiscard]] std::string token_in(const std::string& file);

/// The most similar one, if it is similar enough to be meant.
[[nodiscard]] std::optional<std::string> near_miss(std::string_view text, const std::vector<std::string>& known);

}  // namespace corka::app_parts
