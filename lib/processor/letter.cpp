#include "processor/letter.hpp"

#include <charconv>
#include <string>
#include <system_error>

namespace corka {

namespace {

std::optional<record_time> time_in(std::string_view text) {
  std::int64_t ms = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (failed != std::errc{} || end != text.data() + text.size() || ms < 0) return std::nullopt;
  return record_time{ms};
}

}  // namespace

letter::letter(std::span<const header_view> headers) {
  constexpr std::string_view own = "corka-";
  for (const auto& h : headers) {
    if (h.name == "corka-topic") topic = h.value;
    if (h.name == "corka-timestamp") timestamp = time_in(h.value.value_or(std::string_view{}));
    if (h.name.starts_with(own)) continue;
    original.push_back({std::string{h.name}, h.value ? std::optional<std::string>{*h.value} : std::nullopt});
  }
}

}  // namespace corka
