#include "query/monitor.hpp"

#include "query/changes.hpp"
#include "query/json_text.hpp"
#include "query/overview.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace corka::query {

namespace {

constexpr std::chrono::seconds step{1};

}  // namespace

monitor::monitor(executor ex, clock& time, const source& from, event_log& log)
    : ex_{std::move(ex)},
      time_{time},
      from_{from},
      log_{log},
      began_{time.now()},
      feed_{ex_, fmt::format("{:x}", time.wall_ms())},
      timer_{ex_, time} {}

std::int64_t monitor::uptime_seconds() const {
  return std::chrono::duration_cast<std::chrono::seconds>(time_.now() - began_).count();
}

task<> monitor::run() {
  auto next = time_.now();
  while (!stopped_) {
    try {
      see();
    } catch (const std::exception& e) {
      log_entry failed;
      failed.level = log_level::error;
      failed.component = "http";
      failed.message = fmt::format("the status cannot be told: {}", e.what());
      log_.add(std::move(failed));
    }
    // In steps, so that the history is not stretched; what took longer than a step is not caught up on.
    next = std::max(next + step, time_.now());
    co_await timer_.wait_until(next);
  }
}

void monitor::stop() {
  stopped_ = true;
  timer_.cancel();
}

void monitor::see() {
  auto seen = std::make_shared<const look>(look{time_.now(), time_.wall_ms(), from_.processors(), from_.views()});
  before_ = std::exchange(last_, std::move(seen));
  sums_.add(before_.get(), *last_);
  if (before_) {
    history_.add(difference(*before_, *last_));
    for (auto& change : changes(*before_, *last_)) log_.add(std::move(change));
  }
  const auto fresh = log_.after(told_);
  for (const auto& e : fresh.entries) {
    feed_.publish("log", json_text(entry_json(e)));
    told_ = e.id;
  }
  if (before_) feed_.publish("sample", json_text(sample_json(*history_.last())));
  if (feed_.clients() > 0) feed_.publish_status(json_text(summary_json(*last_, *this, from_)));
}

}  // namespace corka::query
