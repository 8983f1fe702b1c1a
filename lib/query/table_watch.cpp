#include "query/table_watch.hpp"

#include "async/timer.hpp"
#include "query/base64url.hpp"
#include "query/event_feed.hpp"
#include "query/row_answers.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace corka::query {

namespace {

constexpr std::chrono::milliseconds look_every{500};
/// Something is said at least this often, so that a client that has gone is noticed.
constexpr std::chrono::seconds silence{15};

/// The event's data: {"found", "partition", "offset", "problem", "value"}.
struct as_data {
  std::string operator()(const row_found& r) const {
    return fmt::format(R"({{"found":true,"partition":{},"offset":{},"problem":null,"value":{}}})", r.partition.value,
                       r.changelog.value, one_line(r.json));
  }
  std::string operator()(const row_absent& r) const {
    return fmt::format(R"({{"found":false,"partition":{},"offset":{},"problem":null,"value":null}})", r.partition.value,
                       r.changelog.value);
  }
  std::string operator()(const row_recovering& r) const { return unreadable(r.partition, "recovering"); }
  std::string operator()(const row_elsewhere& r) const { return unreadable(r.partition, "elsewhere"); }

 private:
  static std::string unreadable(partition_id p, std::string_view why) {
    return fmt::format(R"({{"found":false,"partition":{},"offset":null,"problem":"{}","value":null}})", p.value, why);
  }
  /// A line break between tokens of JSON is as good as a space; within strings it is escaped.
  static std::string one_line(std::string json) {
    std::ranges::replace(json, '\n', ' ');
    std::ranges::replace(json, '\r', ' ');
    return json;
  }
};

/// What makes an event a new one: not the offset, which moves with every other row.
std::string essence(const row_answer& a) {
  if (const auto* found = std::get_if<row_found>(&a)) return "=" + found->bytes;
  return std::to_string(a.index());
}

task<> follow(const source& from, monitor& by, http::body_writer& to, std::string table, std::string key) {
  std::string last;
  auto said = by.time().now();
  while (true) {
    const auto row = co_await from.row(table, key);
    std::string text;
    if (row && essence(*row) != last) {
      last = essence(*row);
      text = event_text("row", std::visit(as_data{}, *row));
    } else if (by.time().now() - said >= silence) {
      text = ": nothing new\n\n";
    }
    if (!text.empty()) {
      said = by.time().now();
      const bool taken = co_await to.write(text);
      if (!taken) co_return;
    }
    co_await async::sleep_for(by.time(), look_every);
  }
}

}  // namespace

task<http::response> answer_watch(const source& from, monitor& by, http::request r) {
  const auto table = r.at("table");
  const auto known = from.tables();
  if (std::ranges::find(known, table) == known.end()) co_return unknown_table_answer(from, table);
  std::optional<std::string> key;
  if (const auto plain = r.query_value("key")) key = std::string{*plain};
  else if (const auto encoded = r.query_value("key64")) key = base64url_decode(*encoded);
  if (!key) co_return http::problem{400, "key-malformed", "give ?key=, or ?key64= in base64url"}.answer();
  if (by.feed().full()) {
    co_return http::problem{503, "too-many-streams", "too many clients follow something already: try again later"}
        .header("Retry-After", "5")
        .answer();
  }
  co_return std::move(
      http::response{}.stream("text/event-stream", [&from, &by, table, key = std::move(*key)](http::body_writer& to) {
        return streamed(by.feed(), follow(from, by, to, table, key));
      }));
}

}  // namespace corka::query
