#include "query/health.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>

namespace corka::query {

namespace {

constexpr std::string_view text = "text/plain; charset=utf-8";

http::response answer(std::string_view fine, std::string_view type, std::vector<std::string> reasons) {
  if (reasons.empty()) return std::move(http::response{}.content(text, std::string{fine} + "\n"));
  auto detail = fmt::format("{}", fmt::join(reasons, "; "));
  return http::problem{503, type, std::move(detail)}.with("reasons", std::move(reasons)).answer();
}

}  // namespace

std::vector<std::string> unhealthy(const std::vector<processor_status>& all, const std::vector<view_status>& views) {
  std::vector<std::string> reasons;
  for (const auto& p : all) {
    if (p.state == processor_state::failed) reasons.push_back(fmt::format("{} failed: {}", p.group, p.error));
  }
  for (const auto& v : views) {
    if (v.state == view_state::failed) reasons.push_back(fmt::format("{} failed: {}", v.name, v.reason));
  }
  return reasons;
}

std::vector<std::string> unready(const std::vector<processor_status>& all, const std::vector<view_status>& views) {
  std::vector<std::string> reasons;
  for (const auto& p : all) {
    if (p.state != processor_state::running) reasons.push_back(fmt::format("{} is {}", p.group, to_string(p.state)));
    for (const auto& partition : p.partitions) {
      if (partition.state == partition_state::failed) {
        reasons.push_back(fmt::format("{}/{} failed: {}", p.group, partition.partition, partition.last_error));
      } else if (partition.state == partition_state::recovering) {
        const auto& table = partition.table;
        reasons.push_back(table && table->recovery
                              ? fmt::format("{}/{} is recovering: at {} of {}", p.group, partition.partition,
                                            table->recovery->position.value, table->recovery->end.value)
                              : fmt::format("{}/{} is recovering", p.group, partition.partition));
      }
    }
  }
  for (const auto& v : views) {
    // Without brokers it answers as before.
    if (v.state != view_state::running && v.state != view_state::disconnected)
      reasons.push_back(fmt::format("{} is {}", v.name, to_string(v.state)));
  }
  return reasons;
}

http::response health_answer(const std::vector<processor_status>& all, const std::vector<view_status>& views) {
  return answer("ok", "processor-failed", unhealthy(all, views));
}

http::response readiness_answer(const std::vector<processor_status>& all, const std::vector<view_status>& views) {
  return answer("ready", "not-ready", unready(all, views));
}

}  // namespace corka::query
