// Headers of records, which anybody may have written: trace context, what dead letters say, addresses in client ids.
#include "fuzz/fuzzing.hpp"

#include "kafka/announcement.hpp"
#include "processor/letter.hpp"

#include <corka/record.hpp>
#include <corka/trace_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using fuzz::require;

namespace {

/// Each is a byte for the length of its name, the name, a byte for the length of its value, the value; 255: no value.
std::vector<header_view> read_headers(fuzz::input from) {
  std::vector<header_view> all;
  while (!from.empty()) {
    header_view h;
    h.name = from.bytes(from.byte());
    const auto length = from.byte();
    if (length != 255) h.value = from.bytes(length);
    all.push_back(h);
  }
  return all;
}

std::optional<trace_context> again(const trace_context& c) {
  const auto sent = c.headers();
  std::vector<header_view> views;
  for (const auto& h : sent) views.push_back({h.name, h.value});
  return trace_context::of(views);
}

void check_trace(const std::vector<header_view>& headers) {
  const auto found = trace_context::of(headers);
  if (!found) return;
  require(found->state.size() <= 32);
  require(found->traceparent().size() == 55);
  require(again(*found) == found);
  const auto child = found->child();
  require(child.trace == found->trace && child.flags == found->flags && child.state == found->state);
  require(again(child) == child);
}

void check_letter(const std::vector<header_view>& headers) {
  const letter l{headers};
  const auto own = [](const header_view& h) { return h.name.starts_with("corka-"); };
  require(l.original.size() == headers.size() - static_cast<std::size_t>(std::ranges::count_if(headers, own)));
  auto next = l.original.begin();
  for (const auto& h : headers) {
    if (own(h)) continue;
    require(next->name == h.name && next->value == h.value);
    ++next;
  }
  const auto* topic = find_header(headers, "corka-topic");
  require(l.topic == (topic != nullptr ? topic->value : std::nullopt));
  require(!l.timestamp || l.timestamp->ms() >= 0);
}

void check_client_id(std::string_view text) {
  const std::string address{kafka::announced_by(text)};
  if (address.empty()) return;
  // It becomes part of URLs and of header fields.
  constexpr std::string_view tls = "https://";
  const auto host = std::string_view{address}.substr(address.starts_with(tls) ? tls.size() : 0);
  require(std::ranges::none_of(host, [](char c) { return c <= ' ' || c == '/' || c == '@' || c == '%' || c == '#'; }));
  require(kafka::announced_by(kafka::client_id_of(group_name{"planes"}, address)) == address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto headers = read_headers({data, size});
  check_trace(headers);
  check_letter(headers);
  for (const auto& h : headers) {
    check_client_id(h.name);
    if (h.value) check_client_id(*h.value);
  }
  return 0;
}
