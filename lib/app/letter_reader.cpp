#include "app/letter_reader.hpp"

#include "async/signal.hpp"
#include "async/timer.hpp"
#include "processor/runtime_core.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace corka::app_parts {

namespace {

constexpr int most_at_once = 2;
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds look_every{10};

query::dead_letter_record copy_of(std::int32_t partition, const kafka::record_batch& batch, std::size_t i) {
  const auto& r = batch.records[i];
  query::dead_letter_record one;
  one.partition = partition;
  one.at = r.at.value;
  one.timestamp_ms = r.timestamp_ms;
  one.key = std::string{r.key};
  if (!r.tombstone) one.value = std::string{r.value};
  std::vector<header_view> headers;
  if (batch.keep) batch.keep->headers(i, headers);
  for (const auto& h : headers) {
    one.headers.emplace_back(std::string{h.name}, h.value ? std::optional<std::string>{*h.value} : std::nullopt);
  }
  return one;
}

/// What is read of one partition.
struct part {
  std::int64_t low = 0;
  std::int64_t end = 0;
  std::vector<query::dead_letter_record> records;
};

task<> read(kafka::record_reader& reader, const topic_partition& where, part& into, std::size_t limit, clock& time,
            clock::time_point until) {
  const auto here = co_await boost::asio::this_coro::executor;
  const async::signal arrived{here};
  auto position = std::max(into.low, into.end - static_cast<std::int64_t>(limit));
  kafka::record_batch batch;
  const auto source = reader.open(where, offset{position}, arrived.remote());
  while (position < into.end) {
    if (!source->poll({}, batch)) {
      if (time.now() >= until) throw error{errc::timed_out, fmt::format("'{}' is not read in time", where.topic.str())};
      co_await async::sleep_for(time, look_every);
      continue;
    }
    for (std::size_t i = 0; i < batch.records.size() && batch.records[i].at.value < into.end; ++i) {
      into.records.push_back(copy_of(where.partition.value, batch, i));
    }
    position = batch.position.value;
  }
}

/// The newest first; of each partition without a gap, so that the next page can begin where this one ends.
query::dead_letters_page merge(std::vector<part> parts, std::size_t limit) {
  query::dead_letters_page page;
  while (page.records.size() < limit) {
    part* newest = nullptr;
    for (auto& p : parts) {
      if (p.records.empty()) continue;
      if (newest == nullptr || p.records.back().timestamp_ms > newest->records.back().timestamp_ms) newest = &p;
    }
    if (newest == nullptr) break;
    newest->end = newest->records.back().at;
    page.records.push_back(std::move(newest->records.back()));
    newest->records.pop_back();
  }
  const bool more = std::ranges::any_of(parts, [](const part& p) { return p.end > p.low; });
  for (std::size_t i = 0; more && i < parts.size(); ++i) page.next[static_cast<std::int32_t>(i)] = parts[i].end;
  return page;
}

}  // namespace

task<query::dead_letters_page> read_letters(runtime_core& of, std::string topic, std::size_t limit,
                                            std::map<std::int32_t, std::int64_t> before) {
  static std::atomic<int> now{0};
  struct counted {
    counted() : few{++now <= most_at_once} {}
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --now; }
    bool few;
  } const mine;
  if (!mine.few) throw error{errc::timed_out, "others are reading already: try again in a moment"};
  const auto here = co_await boost::asio::this_coro::executor;
  auto& time = of.threads->time();
  const auto until = time.now() + patience;
  const auto admin = of.cluster->make_admin(here);
  const std::vector<topic_name> names{topic_name{topic}};
  const auto described = co_await admin->describe(names);
  if (!described.front().exists) co_return query::dead_letters_page{};
  std::vector<topic_partition> all;
  for (std::int32_t p = 0; p < described.front().partitions; ++p) all.push_back({topic_name{topic}, partition_id{p}});
  const auto ranges = co_await admin->offsets(all);
  const auto reader = of.cluster->reader("corka-dead-letters", here);
  std::vector<part> parts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    part p;
    p.low = ranges[i].low.value;
    p.end = ranges[i].high.value;
    if (const auto at = before.find(all[i].partition.value); at != before.end()) p.end = std::min(p.end, at->second);
    co_await read(*reader, all[i], p, limit, time, until);
    parts.push_back(std::move(p));
  }
  co_return merge(std::move(parts), limit);
}

}  // namespace corka::app_parts
