#include "query/event_log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;

template <class T>
json or_null(const std::optional<T>& v) {
  return v ? json(*v) : json(nullptr);
}

std::string_view to_string(log_entry::kind k) noexcept {
  switch (k) {
    case log_entry::kind::message: return "message";
    case log_entry::kind::state: return "state";
    case log_entry::kind::rebalance: return "rebalance";
    case log_entry::kind::failure: return "failure";
    case log_entry::kind::dead_letter: return "dead_letter";
    case log_entry::kind::action: return "action";
  }
  return "";
}

std::string_view to_string(log_level l) noexcept {
  switch (l) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warn";
    default: return "error";
  }
}

}  // namespace

json entry_json(const log_entry& e) {
  return {{"id", e.id},
          {"t", e.t},
          {"kind", to_string(e.what)},
          {"level", to_string(e.level)},
          {"component", e.component},
          {"message", e.message},
          {"group", or_null(e.group)},
          {"partition", or_null(e.partition)},
          {"duration_ms", or_null(e.duration_ms)}};
}

void event_log::add(log_entry e) {
  if (e.t == 0) e.t = time_.wall_ms();
  if (e.message.size() > message_bytes) e.message.resize(message_bytes);
  const std::lock_guard lock{mutex_};
  e.id = ++last_id_;
  entries_.push_back(std::move(e));
  if (entries_.size() > kept) entries_.pop_front();
}

log_sink event_log::tee(log_sink to) {
  return [this, to = std::move(to)](log_level level, std::string_view component, std::string_view message) {
    to(level, component, message);
    log_entry e;
    e.level = level;
    e.component = component;
    e.message = message;
    add(std::move(e));
  };
}

event_log::page event_log::after(std::uint64_t id, std::size_t limit, std::int64_t since) const {
  page p;
  const std::lock_guard lock{mutex_};
  auto from = std::ranges::upper_bound(entries_, id, {}, &log_entry::id);
  p.dropped = !entries_.empty() && entries_.front().id > id + 1 && entries_.front().t >= since;
  from = std::find_if(from, entries_.end(), [since](const log_entry& e) { return e.t >= since; });
  const auto many = static_cast<std::size_t>(entries_.end() - from);
  if (many > limit) {
    p.dropped = true;
    from += static_cast<std::ptrdiff_t>(many - limit);
  }
  p.entries.assign(from, entries_.end());
  return p;
}

}  // namespace corka::query
