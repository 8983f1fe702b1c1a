#include "query/dead_letters.hpp"

#include "query/base64url.hpp"
#include "query/json_text.hpp"
#include "query/number.hpp"
#include "query/status_json.hpp"

#include <corka/error.hpp>
#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t usual_letters = 20;
constexpr std::size_t most_letters = 100;

/// As text, if it is some.
std::optional<std::string> as_text(const std::string& bytes) {
  try {
    // Strict: it throws for what is no UTF-8.
    (void)json(bytes).dump();
    return bytes;
  } catch (const json::exception&) { return {}; }
}

json text_of(const std::optional<std::string>& bytes) { return bytes ? or_null(as_text(*bytes)) : json(nullptr); }
json base64_of(const std::optional<std::string>& bytes) {
  return bytes && !as_text(*bytes) ? json(base64url_encode(*bytes)) : json(nullptr);
}

std::optional<std::string> header(const dead_letter_record& r, std::string_view name) {
  const auto at = std::ranges::find(r.headers, name, [](const auto& h) -> std::string_view { return h.first; });
  return at != r.headers.end() ? at->second : std::nullopt;
}

json number(const std::optional<std::string>& text) {
  const auto n = text ? read_number<std::int64_t>(*text, 0) : std::nullopt;
  return n ? json(*n) : json(nullptr);
}

json record_json(const dead_letter_record& r) {
  json headers = json::array();
  for (const auto& [name, value] : r.headers) {
    headers.push_back({{"name", as_text(name).value_or("")}, {"value", text_of(value)}});
  }
  return {{"partition", r.partition},
          {"offset", r.at},
          {"t", r.timestamp_ms >= 0 ? json(r.timestamp_ms) : json(nullptr)},
          {"key", text_of(r.key)},
          {"key64", base64_of(r.key)},
          {"value", text_of(r.value)},
          {"value64", base64_of(r.value)},
          {"value_bytes", r.value ? json(r.value->size()) : json(nullptr)},
          {"headers", std::move(headers)},
          {"from", text_of(header(r, "corka-topic"))},
          {"from_partition", number(header(r, "corka-partition"))},
          {"from_offset", number(header(r, "corka-offset"))},
          {"group", text_of(header(r, "corka-group"))},
          {"error", text_of(header(r, "corka-error"))},
          {"attempts", number(header(r, "corka-attempts"))}};
}

/// "0:17,3:4": where each partition's older records end.
std::optional<std::map<std::int32_t, std::int64_t>> read_cursor(std::string_view text) {
  std::map<std::int32_t, std::int64_t> all;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    const auto colon = one.find(':');
    if (colon == std::string_view::npos) return {};
    const auto partition = read_number<std::int32_t>(one.substr(0, colon), 0);
    const auto at = read_number<std::int64_t>(one.substr(colon + 1), 0);
    if (!partition || !at) return {};
    all[*partition] = *at;
  }
  return all;
}

std::set<std::string> topics_of(const std::vector<processor_status>& all) {
  std::set<std::string> topics;
  for (const auto& p : all) {
    for (const auto& e : p.edges) {
      if (e.what == edge_status::kind::dead_letters) topics.insert(e.topic);
    }
  }
  return topics;
}

}  // namespace

json dead_letters_json(const std::vector<processor_status>& all) {
  json topics = json::array();
  for (const auto& topic : topics_of(all)) {
    std::set<std::string> groups;
    std::uint64_t put_aside = 0;
    for (const auto& p : all) {
      const bool writes = std::ranges::any_of(
          p.edges, [&](const edge_status& e) { return e.what == edge_status::kind::dead_letters && e.topic == topic; });
      if (!writes) continue;
      groups.insert(p.group);
      for (const auto& partition : p.partitions) put_aside += partition.failures.dead_lettered;
    }
    topics.push_back({{"topic", topic}, {"groups", groups}, {"put_aside", put_aside}});
  }
  return {{"topics", std::move(topics)}};
}

task<http::response> answer_dead_letters(const source& from, http::request r) {
  const auto topic = r.at("topic");
  const auto known = topics_of(from.processors());
  if (!known.contains(topic)) {
    co_return http::problem{404, "dead-letters-unknown",
                            known.empty() ? fmt::format("no group here puts records aside, to '{}' or elsewhere", topic)
                                          : fmt::format("no group here puts records aside to '{}', only to {}", topic,
                                                        fmt::join(known, ", "))}
        .with("topics", std::vector<std::string>{known.begin(), known.end()})
        .answer();
  }
  std::size_t limit = usual_letters;
  if (const auto text = r.query_value("limit")) {
    const auto asked = read_number<std::size_t>(*text, 1, most_letters);
    if (!asked) {
      co_return http::problem{400, "query-malformed", fmt::format("limit is a number from 1 to {}", most_letters)}
          .answer();
    }
    limit = *asked;
  }
  auto before = read_cursor(r.query_value("before").value_or(""));
  if (!before)
    co_return http::problem{400, "query-malformed", "before is what `next` of an earlier page said"}.answer();
  std::string trouble;
  try {
    const auto page = co_await from.dead_letters(topic, limit, std::move(*before));
    json records = json::array();
    for (const auto& one : page.records) records.push_back(record_json(one));
    std::string next;
    for (const auto& [partition, at] : page.next) {
      next += fmt::format("{}{}:{}", next.empty() ? "" : ",", partition, at);
    }
    const json body{{"topic", topic}, {"records", std::move(records)}, {"next", text_or_null(next)}};
    co_return json_response(body);
  } catch (const error& e) {
    if (e.kind() != errc::broker_unavailable && e.kind() != errc::timed_out) throw;
    trouble = e.what();
  }
  co_return http::problem{503, "brokers-silent", fmt::format("the records cannot be read now: {}", trouble)}
      .header("Retry-After", "2")
      .answer();
}

}  // namespace corka::query
