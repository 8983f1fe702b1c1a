#include "query/table_watch.hpp"

#include "async/timer.hpp"
#include "query/across_instances.hpp"
#include "query/base64url.hpp"
#include "query/event_feed.hpp"
#include "query/json_text.hpp"
#include "query/read_json.hpp"
#include "query/row_answers.hpp"
#include "query/status_json.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

constexpr std::chrono::milliseconds look_every{500};
/// Where it cannot be had just now: who is asked has other worries.
constexpr std::chrono::milliseconds look_again{2'000};
/// Something is said at least this often, so that a client that has gone is noticed.
constexpr std::chrono::seconds silence{15};

/// A row that somebody follows, asked for again and again as a client of this server would, so that it is found
/// wherever it is and moves with its partition.
class followed_row {
 public:
  followed_row(const source& from, across_instances* across, const http::request& r, std::string table, std::string key)
      : from_{from}, across_{across}, table_{std::move(table)}, key_{std::move(key)} {
    // Who was asked by another instance does not ask further.
    if (r.header(forwarded_field) || r.query_value("route").value_or("") == "local") across_ = nullptr;
  }

  /// The answer of whoever has it; 304 where it is the one that was told last.
  [[nodiscard]] task<http::response> look() {
    fields_.clear();
    if (!tag_.empty()) fields_.push_back({"If-None-Match", tag_});
    http::request r;
    r.method = "GET";
    r.fields = fields_;
    return across_ != nullptr ? across_->row(r, table_, key_) : answer_row(from_, r, table_, key_);
  }

  /// The data of the event that tells it: {"found", "partition", "offset", "problem", "value", "instance"}. Nothing:
  /// there is nothing new. The offset alone is nothing new, as it moves with every other row.
  [[nodiscard]] std::optional<std::string> news(const http::response& said) {
    if (said.status() == 304) return {};
    readable_ = true;
    const auto instance = text_or_null(std::string{said.header("X-Corka-Instance").value_or("")}).dump();
    const auto partition = said.header("X-Corka-Partition");
    const auto offset = said.header("X-Corka-Offset").value_or("null");
    if (said.status() == 200) {
      tag_ = said.header("ETag").value_or("");
      told_.clear();
      return fmt::format(R"({{"found":true,"partition":{},"offset":{},"problem":null,"value":{},"instance":{}}})",
                         partition.value_or("-1"), offset, one_line(std::string{said.body()}), instance);
    }
    tag_.clear();
    const auto why = read_json(said.body()).value_or(nlohmann::ordered_json::object());
    auto type = why.is_object() && why.contains("type") && why["type"].is_string() ? why["type"].get<std::string>()
                                                                                   : std::string{"unknown"};
    type.erase(0, type.rfind(':') + 1);
    readable_ = type == "row-absent";
    if (std::exchange(told_, type) == type) return {};
    if (readable_) {
      return fmt::format(R"({{"found":false,"partition":{},"offset":{},"problem":null,"value":null,"instance":{}}})",
                         partition.value_or("-1"), offset, instance);
    }
    const nlohmann::ordered_json told{
        {"found", false},
        {"partition", why.is_object() && why.contains("partition") ? why["partition"] : nlohmann::ordered_json(-1)},
        {"offset", nullptr},
        {"problem", type == "table-recovering" ? "recovering"
                    : type == "row-elsewhere"  ? "elsewhere"
                                               : type},
        {"value", nullptr},
        {"instance", text_or_null(std::string{said.header("X-Corka-Instance").value_or("")})}};
    return json_text(told);
  }
  [[nodiscard]] clock::duration pause() const { return readable_ ? look_every : look_again; }

 private:
  /// A line break between tokens of JSON is as good as a space; within strings it is escaped.
  static std::string one_line(std::string json) {
    std::ranges::replace(json, '\n', ' ');
    std::ranges::replace(json, '\r', ' ');
    return json;
  }

  const source& from_;
  across_instances* across_;
  std::string table_;
  std::string key_;
  std::string tag_;
  std::string told_;  // what kind of answer it was that is no row
  bool readable_ = true;
  std::vector<http::field> fields_;
};

task<> follow(monitor& by, http::body_writer& to, std::shared_ptr<followed_row> row, std::string first) {
  auto said = by.time().now();
  auto text = event_text("row", first);
  while (true) {
    if (!text.empty()) {
      said = by.time().now();
      const bool taken = co_await to.write(text);
      if (!taken) co_return;
    }
    co_await async::sleep_for(by.time(), row->pause());
    const auto answer = co_await row->look();
    const auto news = row->news(answer);
    if (news) text = event_text("row", *news);
    else text = by.time().now() - said >= silence ? ": nothing new\n\n" : "";
  }
}

}  // namespace

task<http::response> answer_watch(const source& from, across_instances* across, monitor& by, http::request r) {
  const auto table = r.at("table");
  const auto encoded = r.query_value("key64");
  auto key = encoded ? base64url_decode(*encoded) : std::nullopt;
  const bool malformed = encoded && !key;
  if (const auto plain = r.query_value("key")) key = std::string{*plain};
  if (!key || malformed) co_return http::problem{400, "key-malformed", "give ?key=, or ?key64= in base64url"}.answer();
  if (by.feed().full()) {
    co_return http::problem{503, "too-many-streams", "too many clients follow something already: try again later"}
        .header("Retry-After", "5")
        .answer();
  }
  const auto row = std::make_shared<followed_row>(from, across, r, table, std::move(*key));
  auto first = co_await row->look();
  // Only who has a table knows its partitions; where nobody does it is no table.
  if (first.status() == 404 && !first.header("X-Corka-Partition")) co_return first;
  auto data = row->news(first).value_or("{}");
  co_return std::move(
      http::response{}.stream("text/event-stream", [&by, row, data = std::move(data)](http::body_writer& to) {
        return streamed(by.feed(), follow(by, to, row, data));
      }));
}

}  // namespace corka::query
