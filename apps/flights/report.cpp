#include "report.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace flights {

namespace asio = boost::asio;

namespace {

/// 27004 as "27,004".
template <class Number>
std::string grouped(Number n) {
  auto digits = std::to_string(n);
  for (auto i = static_cast<std::int64_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

}  // namespace

corka::task<> report::run(std::string url) {
  for (const auto& p : parts_) {
    if (!url.empty()) std::puts(("  try      " + url + "api/v1/tables/" + p.name + "-table/keys/" + p.example).c_str());
  }
  const auto here = co_await asio::this_coro::executor;
  asio::steady_timer second{here};
  std::string last;
  while (!parts_.empty() || !emission_->done) {
    look();
    auto now = line();
    if (now != last) std::puts(now.c_str());
    std::fflush(stdout);
    last = std::move(now);
    second.expires_after(std::chrono::seconds{1});
    const auto [stopped] = co_await second.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopped) break;
  }
  look();
}

void report::look() {
  for (auto& [name, example, processor, latest] : parts_) {
    counts now;
    for (const auto& partition : processor->status().partitions) {
      for (const auto& input : partition.inputs) {
        now.records += input.in.records;
        if (input.end) now.behind += *input.end - input.processed;
      }
    }
    // Partitions that went elsewhere take their counts with them; what was done stays done.
    latest.records = std::max(latest.records, now.records);
    latest.behind = now.behind;
  }
}

std::string report::line() const {
  std::string text;
  if (emission_ != nullptr) {
    text += "  emitted " + grouped(emission_->emitted.load());
    if (const auto before = emission_->already_there.load(); before > 0) text += " (" + grouped(before) + " before)";
  }
  for (const auto& [name, example, processor, latest] : parts_) {
    text += "  " + name + " " + grouped(latest.records);
    if (latest.behind > 0) text += " (" + grouped(latest.behind) + " to go)";
  }
  return text;
}

void report::print_totals() {
  look();
  std::string text;
  if (emission_ != nullptr) {
    text += "  emitted   " + grouped(emission_->emitted.load()) + " flights";
    if (const auto before = emission_->already_there.load(); before > 0)
      text += "; " + grouped(before) + " were there already";
    text += "\n";
  }
  for (const auto& [name, example, processor, latest] : parts_)
    text += "  " + name + std::string(10 - name.size(), ' ') + grouped(latest.records) + " flights counted\n";
  std::fputs(text.c_str(), stdout);
}

}  // namespace flights
