#include "processor/letter.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

namespace corka {

namespace {

using clock = std::chrono::system_clock;

std::optional<clock::time_point> time_in(std::string_view text) {
  using std::chrono::milliseconds;
  std::int64_t ms = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (failed != std::errc{} || end != text.data() + text.size() || ms < 0) return std::nullopt;
  // The clock counts nanoseconds, so not every number of milliseconds is one of its times.
  return clock::time_point{std::min(milliseconds{ms}, std::chrono::floor<milliseconds>(clock::duration::max()))};
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
