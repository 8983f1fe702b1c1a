#include "app/flag_values.hpp"

#include "http/address.hpp"
#include "kafka/announcement.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

namespace corka::app_parts {

namespace {

template <class Number>
std::optional<Number> read(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stopped != end || text.empty()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(std::string why) { throw unusable_value{std::move(why)}; }

bool is_broker(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  const bool brackets = text.starts_with('[');
  const auto host_end = brackets ? text.find(']') : text.find(':');
  if (brackets && host_end == std::string_view::npos) return false;
  const auto host = text.substr(0, brackets ? host_end + 1 : host_end);
  auto port = host.size() < text.size() ? text.substr(host.size()) : ":9092";
  if (!port.starts_with(':') || host.empty() || host == "[]") return false;
  const auto odd = [](char c) { return c == ' ' || c == '/' || c == '@' || c == '='; };
  if (std::any_of(host.begin(), host.end(), odd)) return false;
  const auto n = read<int>(port.substr(1));
  return n && *n >= 1 && *n <= 65'535;
}

}  // namespace

std::int64_t whole_number(const std::string& text, std::int64_t least, std::int64_t most) {
  const auto value = read<std::int64_t>(text);
  if (!value) refuse(fmt::format("'{}' is not a whole number", text));
  if (*value >= least && *value <= most) return *value;
  if (most == std::numeric_limits<std::int64_t>::max())
    refuse(fmt::format("'{}' is too small: {} or more is possible", text, least));
  refuse(fmt::format("'{}' is out of range: {} to {} is possible", text, least, most));
}

double number(const std::string& text) {
  const auto value = read<double>(text);
  if (!value || !std::isfinite(*value)) refuse(fmt::format("'{}' is not a number", text));
  return *value;
}

std::string one_of(const std::string& text, const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  refuse(fmt::format("'{}' is unknown: choose one of {}", text, fmt::join(choices, ", ")));
}

log_level level(const std::string& text) {
  static const std::vector<std::string> names{"debug", "info", "warn", "error", "off"};
  const auto chosen = one_of(text, names);
  return static_cast<log_level>(std::find(names.begin(), names.end(), chosen) - names.begin());
}

std::string broker_list(const std::string& text) {
  if (text == "embedded") return text;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto one = text.substr(begin, end - begin);
    if (!is_broker(one)) {
      refuse(fmt::format("'{}' is not HOST:PORT: give a list like kafka1:9092,kafka2:9092, or 'embedded'", one));
    }
    begin = end + 1;
  }
  return text;
}

std::optional<std::string> http_address(const std::string& text) {
  if (text == "off") return std::nullopt;
  try {
    (void)http::parse_address(text);
  } catch (const error& e) { refuse(std::string{e.what()} + ", or 'off' for no server"); }
  return text;
}

std::string advertised(const std::string& text) {
  if (text == "off") return {};
  if (kafka::announced_by(kafka::client_id_of({}, text)) != text) {
    refuse(fmt::format(
        "'{}' is not HOST:PORT: write it like 10.0.0.5:8080, https://node1:8443 or [fd00::5]:8080, or 'off'", text));
  }
  return text;
}

std::map<std::string, std::string> properties(const std::vector<std::string>& pairs) {
  std::map<std::string, std::string> found;
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      refuse(
          "a property is not KEY=VALUE (it is not shown, as it may be a secret): write it like security.protocol=ssl");
    }
    found[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return found;
}

std::string token_in(const std::string& file) {
  std::ifstream in{file};
  std::string token;
  if (!in) throw unusable_value{fmt::format("'{}' cannot be read: give a file that holds the token", file)};
  std::string more;
  in >> token >> more;
  if (token.empty() || !more.empty())
    throw unusable_value{
        fmt::format("'{}' does not hold one word: write a token into it, such as 32 random letters", file)};
  return token;
}

std::optional<std::string> near_miss(std::string_view text, const std::vector<std::string>& known) {
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
      auto diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const auto above = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
        diagonal = above;
      }
    }
    return row.back();
  };
  std::optional<std::string> best;
  auto least = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const auto& k : known) {
    const auto d = distance(text, k);
    if (d < least) {
      least = d;
      best = k;
    }
  }
  return best;
}

}  // namespace corka::app_parts
