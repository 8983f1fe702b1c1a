#include <corka/http/request.hpp>

#include <algorithm>
#include <stdexcept>

namespace corka::http {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> find_field(std::span<const field> fields, std::string_view name) noexcept {
  for (const auto& f : fields) {
    if (equal_ignoring_case(f.name, name)) return f.value;
  }
  return {};
}

std::optional<std::string_view> request::header(std::string_view name) const noexcept {
  return find_field(fields, name);
}

const std::string& request::at(std::string_view name) const {
  for (const auto& p : path_parameters) {
    if (p.name == name) return p.value;
  }
  throw std::logic_error{"the route's pattern has no {" + std::string{name} + "}"};
}

std::optional<std::string_view> request::query_value(std::string_view name) const noexcept {
  for (const auto& p : query_parameters) {
    if (p.name == name) return p.value;
  }
  return {};
}

}  // namespace corka::http
