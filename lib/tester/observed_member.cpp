#include "tester/observed_member.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <variant>

namespace corka::tester_parts {

namespace {

std::string numbers(const std::vector<partition_id>& of) {
  std::vector<std::int32_t> plain;
  for (const auto p : of) plain.push_back(p.value);
  return plain.empty() ? std::string{"no partition"} : fmt::format("partitions {}", fmt::join(plain, " "));
}

std::string told(const kafka::member_event& event) {
  if (const auto* a = std::get_if<kafka::assigned>(&event)) return "is given " + numbers(a->partitions);
  if (const auto* r = std::get_if<kafka::revoked>(&event)) return "is to give back " + numbers(r->partitions);
  if (const auto* l = std::get_if<kafka::lost>(&event)) return "has lost " + numbers(l->partitions);
  return std::get<kafka::connection_changed>(event).connected ? "reaches its group" : "reaches its group no more";
}

}  // namespace

bool observed_source::poll(kafka::batch_limit limit, kafka::record_batch& into) {
  if (by_->severed) {
    into.clear();
    return false;
  }
  const bool read = of_->poll(limit, into);
  if (!into.records.empty()) {
    by_->tell(
        fmt::format("reads {}@{}, {} records", to_string(where_), into.records.front().at.value, into.records.size()));
  }
  return read;
}

task<kafka::member_event> observed_member::next() {
  auto event = co_await of_->next();
  by_->tell(group_ + " " + told(event));
  co_return event;
}

void observed_member::accept(const kafka::assigned& event, const std::vector<kafka::position>& starts) {
  if (!by_->severed) of_->accept(event, starts);
}

void observed_member::release(const std::vector<partition_id>& partitions) {
  if (by_->severed) return;
  by_->tell(group_ + " has given back " + numbers(partitions));
  of_->release(partitions);
}

task<std::error_code> observed_member::commit(std::vector<kafka::position> positions) {
  if (by_->severed) co_return errc::broker_unavailable;
  std::string text = group_ + " commits";
  for (const auto& p : positions) text += fmt::format(" {}@{}", to_string(p.where), p.next.value);
  const auto failed = co_await of_->commit(std::move(positions));
  by_->tell(failed ? text + ": " + failed.message() : text);
  co_return failed;
}

task<> observed_member::close(clock::time_point deadline) {
  if (by_->severed) co_return;
  by_->tell(group_ + " leaves its group");
  co_await of_->close(deadline);
}

}  // namespace corka::tester_parts
