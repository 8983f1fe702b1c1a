#include "processor/running_visit.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace corka::processor_parts {

namespace {

/// The graver, the larger.
int gravity(visit_outcome o) {
  switch (o) {
    case visit_outcome::completed: return 0;
    case visit_outcome::cancelled: return 1;
    case visit_outcome::aborted: return 2;
    case visit_outcome::failed: return 3;
  }
  return 3;
}

std::string_view why_gone(const departure& how) {
  if (how.stopped) return "the processor was stopped";
  if (how.failed) return "the processor failed";
  if (how.renewed) return "the group's topics are others by now, and the processor begins anew with them";
  return "given back to the group, another member has it";
}

}  // namespace

running_visit::running_visit(std::string name, visit_options options, async::signal::notifier changed)
    : name_{std::move(name)}, options_{std::move(options)}, changed_{std::move(changed)} {}

void running_visit::begin(const std::vector<runner>& runners, const visitor_edge& visitor,
                          const std::shared_ptr<const void>& meta, std::shared_ptr<const departure> gone) {
  gone_ = std::move(gone);
  if (options_.resume_at.empty()) {
    for (const auto& by : runners) add(by, {}, visitor, meta);
  }
  for (const auto& from : options_.resume_at) {
    const auto by = std::ranges::find(runners, from.partition, [](const runner& r) { return r->number(); });
    if (by != runners.end()) {
      add(*by, from.key, visitor, meta);
      continue;
    }
    const std::lock_guard lock{mutex_};
    ended_.push_back({from.partition, visit_outcome::aborted,
                      fmt::format("partition {} is not assigned to this process", from.partition.value), 0, from.key});
  }
  {
    const std::lock_guard lock{mutex_};
    begun_ = true;
  }
  changed_();
}

void running_visit::add(const runner& by, std::string from, const visitor_edge& visitor,
                        const std::shared_ptr<const void>& meta) {
  const auto self = shared_from_this();
  partition::visit_part::request asked{&visitor, meta, std::move(from), options_.rows_per_slice, options_.slice_time};
  auto ended = [self](visited_partition how) { self->part_ended(std::move(how)); };
  auto progressed = [self] {
    if (self->options_.on_progress) self->options_.on_progress(self->progress());
  };
  auto made =
      std::make_shared<partition::visit_part>(by->number(), std::move(asked), std::move(ended), std::move(progressed));
  {
    const std::lock_guard lock{mutex_};
    parts_.push_back({by->number(), made, by});
  }
  boost::asio::post(by->strand(), [by, made = std::move(made)]() mutable { by->visit(std::move(made)); });
}

void running_visit::part_ended(visited_partition how) {
  if (how.outcome == visit_outcome::aborted && how.why.empty()) {
    how.why = fmt::format("partition {}: {}", how.partition.value, why_gone(*gone_));
  }
  {
    const std::lock_guard lock{mutex_};
    ended_.push_back(std::move(how));
  }
  changed_();
}

std::vector<running_visit::open_part> running_visit::open_parts() const {
  std::vector<open_part> open;
  const std::lock_guard lock{mutex_};
  for (const auto& p : parts_) {
    if (has_ended(p.number)) continue;
    open.push_back({p.asked.lock(), p.by.lock()});
  }
  return open;
}

bool running_visit::has_ended(partition_id number) const {
  return std::ranges::find(ended_, number, &visited_partition::partition) != ended_.end();
}

void running_visit::cancel() {
  for (const auto& p : open_parts()) {
    if (p.asked) p.asked->cancel();
    if (p.by) boost::asio::post(p.by->strand(), [by = p.by] { by->visit_cancelled(); });
  }
}

bool running_visit::ended() const {
  const std::lock_guard lock{mutex_};
  return begun_ && std::ranges::all_of(parts_, [this](const part& p) { return has_ended(p.number); });
}

visit_result running_visit::result() const {
  visit_result all;
  const std::lock_guard lock{mutex_};
  all.partitions = ended_;
  std::ranges::sort(all.partitions, {}, &visited_partition::partition);
  for (const auto& p : all.partitions) {
    all.rows += p.rows;
    if (gravity(p.outcome) <= gravity(all.outcome)) continue;
    all.outcome = p.outcome;
    all.why = p.why;
  }
  return all;
}

visit_progress running_visit::progress() const {
  visit_progress now;
  const auto open = open_parts();
  for (const auto& p : open) {
    if (!p.asked) continue;
    now.rows += p.asked->rows();
    now.rows_left += p.asked->rows_left();
  }
  const std::lock_guard lock{mutex_};
  for (const auto& p : ended_) now.rows += p.rows;
  now.partitions_ended = ended_.size();
  now.partitions = ended_.size() + open.size();
  return now;
}

visit_status running_visit::status() const { return {name_, progress()}; }

void visit_list::add(const std::shared_ptr<running_visit>& visit) {
  const std::lock_guard lock{mutex_};
  std::erase_if(all_, [](const auto& v) { return v.expired(); });
  all_.push_back(visit);
}

std::vector<visit_status> visit_list::status() const {
  std::vector<visit_status> now;
  const std::lock_guard lock{mutex_};
  for (const auto& weak : all_) {
    const auto visit = weak.lock();
    if (visit && !visit->ended()) now.push_back(visit->status());
  }
  return now;
}

void check(const visit_options& options) {
  constexpr std::size_t most = 100'000;
  if (options.rows_per_slice < 1 || options.rows_per_slice > most) {
    throw error{errc::invalid_option,
                fmt::format("visit_options.rows_per_slice is {}: 1 to {} is possible", options.rows_per_slice, most)};
  }
  if (options.slice_time <= std::chrono::milliseconds{0}) {
    throw error{errc::invalid_option,
                fmt::format("visit_options.slice_time is {} ms: more than 0 is needed", options.slice_time.count())};
  }
  for (std::size_t i = 0; i < options.resume_at.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (options.resume_at[i].partition != options.resume_at[j].partition) continue;
      throw error{errc::invalid_option,
                  fmt::format("visit_options.resume_at names partition {} twice: once is possible",
                              options.resume_at[i].partition.value)};
    }
  }
}

const visitor_edge& visitor_of(const declaration& group, const std::string& name, std::type_index meta) {
  const auto found = std::ranges::find(group.visitors, name, [](const visitor_edge& v) { return v.name.str(); });
  if (found == group.visitors.end()) {
    throw error{errc::not_declared, fmt::format("group '{}' has no visitor '{}': add .visitor<Meta>(\"{}\", callback)",
                                                group.name.str(), name, name)};
  }
  if (found->meta != meta) {
    throw error{errc::not_declared,
                fmt::format("visitor '{}' of group '{}' takes another type than it is visited with: give visit() the "
                            "type that .visitor<Meta>() was declared with",
                            name, group.name.str())};
  }
  return *found;
}

}  // namespace corka::processor_parts
