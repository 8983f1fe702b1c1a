#include "query/event_feed.hpp"

#include "http/gzip.hpp"
#include "query/number.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace corka::query {

namespace {

/// Bytes of events that are gathered for one write.
constexpr std::size_t write_bytes = 256 * 1024;
/// The same where they have to be compressed first: a few milliseconds.
constexpr std::size_t compressed_bytes = 64 * 1024;

struct counted {
  explicit counted(std::size_t& n) : count{n} { ++count; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --count; }
  std::size_t& count;
};

}  // namespace

std::string event_text(std::string_view name, std::string_view data, std::string_view id) {
  return id.empty() ? fmt::format("event: {}\ndata: {}\n\n", name, data)
                    : fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, name, data);
}

const std::string& event_feed::told::as(bool compressed) {
  if (!compressed) return text;
  if (small.empty()) small = http::gzip_piece(text);
  return small;
}

void event_feed::publish(std::string_view name, std::string_view data) {
  ++last_;
  events_.push_back({last_, {event_text(name, data, id_of(last_))}});
  if (events_.size() > kept) events_.pop_front();
  news_.set();
  news_.reset();
}

void event_feed::publish_status(std::string_view data) {
  // Without an id: nobody needs an old one, and ids have to grow.
  status_ = {event_text("status", data)};
  ++status_number_;
  news_.set();
  news_.reset();
}

std::string event_feed::id_of(std::uint64_t number) const { return fmt::format("{}-{}", boot_, number); }

std::optional<std::uint64_t> event_feed::known(const std::optional<std::string>& id) const {
  if (!id || !id->starts_with(boot_ + "-")) return {};
  const auto number = read_number<std::uint64_t>(std::string_view{*id}.substr(boot_.size() + 1), 0, last_);
  return number && *number + 1 >= oldest() ? number : std::nullopt;
}

task<> event_feed::stream(http::body_writer& to, std::optional<std::string> after, bool compressed) {
  // Those who came at once all found room.
  if (full()) co_return;
  const counted client{clients_};
  const auto resumed = known(after);
  auto at = resumed.value_or(last_);
  const nlohmann::ordered_json hello{{"boot", boot_}, {"resumed", resumed.has_value()}, {"step_seconds", 1}};
  told first{"retry: 2000\n" + event_text("hello", hello.dump(), id_of(at))};
  std::string text{compressed ? http::gzip_begin : std::string_view{}};
  text += first.as(compressed);
  std::uint64_t status_seen = 0;
  while (true) {
    // It fell behind further than what is kept.
    if (at + 1 < oldest()) co_return;
    auto next = std::ranges::upper_bound(events_, at, {}, &kept_event::number);
    const auto room = compressed ? compressed_bytes : write_bytes;
    for (std::size_t gathered = 0; next != events_.end() && gathered < room; ++next) {
      text += next->what.as(compressed);
      gathered += next->what.text.size();
      at = next->number;
    }
    if (status_seen != status_number_) {
      text += status_.as(compressed);
      status_seen = status_number_;
    }
    if (text.empty()) {
      co_await news_.wait();
      continue;
    }
    const bool taken = co_await to.write(text);
    if (!taken) co_return;
    text.clear();
  }
}

task<> streamed(event_feed& feed, task<> other) {
  if (feed.full()) co_return;
  const counted client{feed.others_};
  co_await std::move(other);
}

}  // namespace corka::query
