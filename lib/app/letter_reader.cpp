#include "app/letter_reader.hpp"

#include "async/signal.hpp"
#include "async/time_limit.hpp"
#include "kafka/ports.hpp"
#include "processor/runtime_core.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace corka::app_parts {

namespace {

constexpr std::chrono::seconds patience{5};

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

std::size_t bytes_of(const query::dead_letter_record& r) {
  auto all = r.key.value_or("").size() + (r.value ? r.value->size() : 0);
  for (const auto& [name, value] : r.headers) all += name.size() + (value ? value->size() : 0);
  return all;
}

/// What is read of one partition.
struct part {
  std::int64_t low = 0;
  std::int64_t end = 0;
  std::deque<query::dead_letter_record> records{};
};

task<> read_part(kafka::record_reader& reader, topic_partition where, part& into, std::size_t limit, clock& time,
                 clock::time_point until) {
  const auto here = co_await boost::asio::this_coro::executor;
  async::signal arrived{here};
  const async::time_limit overdue{here, time, until, [&arrived] { arrived.notify(); }};
  auto position = std::max(into.low, into.end - static_cast<std::int64_t>(limit));
  std::size_t bytes = 0;
  kafka::record_batch batch;
  const auto source = reader.open(where, offset{position}, arrived.remote());
  while (position < into.end) {
    if (!source->poll({}, batch)) {
      if (overdue.passed()) throw error{errc::timed_out, fmt::format("'{}' is not read in time", where.topic.str())};
      co_await arrived.wait();
      continue;
    }
    for (std::size_t i = 0; i < batch.records.size() && batch.records[i].at.value < into.end; ++i) {
      into.records.push_back(copy_of(where.partition.value, batch, i));
      bytes += bytes_of(into.records.back());
      // A page has no room for the oldest ones.
      for (; bytes > letter_reader::page_bytes && into.records.size() > 1; into.records.pop_front())
        bytes -= bytes_of(into.records.front());
    }
    position = batch.position.value;
  }
}

/// A page's records, the newest first: for each the index of its part. Of each partition without a gap, so that the
/// next page can begin where this one ends.
std::vector<std::size_t> newest_of(const std::vector<part>& parts, std::size_t limit) {
  std::vector<std::size_t> chosen;
  std::vector<std::size_t> left;
  for (const auto& p : parts) left.push_back(p.records.size());
  std::size_t bytes = 0;
  while (chosen.size() < limit) {
    std::optional<std::size_t> newest;
    const auto last = [&](std::size_t i) -> const auto& { return parts[i].records[left[i] - 1]; };
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (left[i] > 0 && (!newest || last(i).timestamp_ms > last(*newest).timestamp_ms)) newest = i;
    }
    if (!newest) break;
    bytes += bytes_of(last(*newest));
    if (bytes > letter_reader::page_bytes && !chosen.empty()) break;
    --left[*newest];
    chosen.push_back(*newest);
  }
  return chosen;
}

/// Another part can only take places of what is there, so what has none already is let go.
void drop_others(std::vector<part>& parts, std::size_t limit) {
  std::vector<std::size_t> kept(parts.size(), 0);
  for (const auto i : newest_of(parts, limit)) ++kept[i];
  for (std::size_t i = 0; i < parts.size(); ++i) {
    while (parts[i].records.size() > kept[i]) parts[i].records.pop_front();
  }
}

query::dead_letters_page page_of(std::vector<part> parts, std::size_t limit) {
  query::dead_letters_page page;
  for (const auto i : newest_of(parts, limit)) {
    auto& p = parts[i];
    p.end = p.records.back().at;
    page.records.push_back(std::move(p.records.back()));
    p.records.pop_back();
  }
  const bool more = std::ranges::any_of(parts, [](const part& p) { return p.end > p.low; });
  for (std::size_t i = 0; more && i < parts.size(); ++i) page.next[static_cast<std::int32_t>(i)] = parts[i].end;
  return page;
}

}  // namespace

task<query::dead_letters_page> letter_reader::read(std::string topic, std::size_t limit,
                                                   std::map<std::int32_t, std::int64_t> before) {
  struct counted {
    explicit counted(std::atomic<int>& n) : count{n}, few{++n <= most_at_once} {}
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --count; }
    std::atomic<int>& count;
    bool few;
  } const mine{reading_};
  if (!mine.few) throw error{errc::timed_out, "others are reading already: try again in a moment"};
  const auto here = co_await boost::asio::this_coro::executor;
  auto& time = core_.threads->time();
  const auto until = time.now() + patience;
  const auto admin = core_.cluster->make_admin(here);
  const std::vector<topic_name> names{topic_name{topic}};
  const auto described = co_await admin->describe(names);
  if (!described.front().exists) co_return query::dead_letters_page{};
  std::vector<topic_partition> all;
  for (std::int32_t p = 0; p < described.front().partitions; ++p) all.push_back({topic_name{topic}, partition_id{p}});
  const auto ranges = co_await admin->offsets(all);
  const auto reader = core_.cluster->reader("corka-dead-letters", here);
  std::vector<part> parts;
  parts.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& p = parts.emplace_back();
    p.low = ranges[i].low.value;
    p.end = ranges[i].high.value;
    if (const auto at = before.find(all[i].partition.value); at != before.end()) p.end = std::min(p.end, at->second);
    co_await read_part(*reader, all[i], p, limit, time, until);
    drop_others(parts, limit);
  }
  co_return page_of(std::move(parts), limit);
}

}  // namespace corka::app_parts
