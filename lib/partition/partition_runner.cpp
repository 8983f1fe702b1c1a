#include "partition/partition_runner.hpp"

#include "base/excerpt.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>

namespace corka::partition {

namespace {

/// Timing every callback would cost as much as many callbacks do.
constexpr std::size_t time_one_of = 16;
/// A store that needs longer than the first per row waits for the disk; below the second it does not any more.
constexpr std::chrono::microseconds slow_row{20};
constexpr std::chrono::microseconds fast_row{5};

std::vector<std::string> names_of(const std::vector<const input_edge*>& edges) {
  std::vector<std::string> names;
  for (const auto* edge : edges) names.push_back(edge->topic.str());
  return names;
}

std::vector<commit_tracker> trackers_at(const std::vector<kafka::position>& starts) {
  std::vector<commit_tracker> trackers;
  for (const auto& start : starts) trackers.emplace_back(start.next);
  return trackers;
}

}  // namespace

struct partition_runner::input {
  const input_edge* edge = nullptr;
  input_metrics* counts = nullptr;
  std::unique_ptr<kafka::record_source> source;
};

partition_runner::partition_runner(const environment& env, partition_id number, executor strand, std::size_t worker,
                                   start_point start, std::shared_ptr<store::table_store> store, publisher publish)
    : env_{env},
      number_{number},
      strand_{strand},
      worker_{worker},
      start_{std::move(start)},
      store_{std::move(store)},
      publish_{std::move(publish)},
      log_{env.log.named(fmt::format("{}/{}", env.group->name.str(), number.value))},
      trackers_{trackers_at(start_.inputs)},
      counts_{names_of(env.edges())},
      children_{strand},
      wake_{strand},
      reported_{strand},
      settled_{strand},
      saved_{strand},
      checkpoint_due_{strand, env.threads->time()},
      deadline_timer_{strand, env.threads->time()},
      sender_{env, number, trackers_, counts_, reported_.remote()},
      scope_{sender_, strand, log_} {
  const auto edges = env.edges();
  for (std::size_t i = 0; i < edges.size(); ++i) {
    inputs_.push_back({edges[i], counts_.inputs[i].get(), nullptr});
    counts_.inputs[i]->processed = start_.inputs[i].next.value;
    counts_.inputs[i]->committed = start_.inputs[i].next.value;
    counts_.inputs[i]->end = start_.ends[i].value;
  }
  published_ = start_.inputs;
  scope_.partition = number_;
  scope_.group = &env.group->name;
  scope_.state_codec = env.group->table ? env.group->table->state_codec.get() : nullptr;
}

partition_runner::~partition_runner() = default;

task<> partition_runner::run(kafka::record_reader& reader) {
  children_.on_failure([this] { children_.cancel(); });
  children_.spawn(work(reader));
  children_.spawn(book_reports());
  std::exception_ptr failure;
  try {
    co_await children_.join();
  } catch (...) { failure = std::current_exception(); }
  // Whatever ended it: the reader may be closed once we return.
  for (auto& in : inputs_) in.source.reset();
  if (failure) std::rethrow_exception(failure);
}

void partition_runner::stop(clock::time_point deadline) {
  if (closing_ || (stopping_ && deadline_ && *deadline_ <= deadline)) return;
  const bool watched = deadline_.has_value();
  stopping_ = true;
  deadline_ = deadline;
  if (!recovered_) {
    // Nothing is under way that would need an end; the recovery goes on where it stands next time.
    children_.cancel();
    return;
  }
  counts_.state = partition_state::draining;
  wake_.notify();
  settled_.set();
  if (watched) deadline_timer_.cancel();
  else children_.spawn(watch_deadline());
}

void partition_runner::abandon() {
  stopping_ = true;
  children_.cancel();
}

task<> partition_runner::watch_deadline() {
  // A cancelled wait means: the deadline moved, or the partition has ended.
  while (!closing_) {
    const bool due = co_await deadline_timer_.wait_until(*deadline_);
    if (!due) continue;
    log_.warn(
        fmt::format("gave up after the deadline with {} records unacknowledged and {} not done: they will be "
                    "processed again by the next owner",
                    sender_.outstanding(), trackers_.empty() ? 0 : trackers_.front().under_way()));
    children_.cancel();
    co_return;
  }
}

task<> partition_runner::work(kafka::record_reader& reader) {
  std::exception_ptr failure;
  try {
    co_await recover(reader);
    open_inputs(reader);
    children_.spawn(keep_checkpoints());
    co_await process();
  } catch (...) { failure = std::current_exception(); }
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (failure && state.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(failure);
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      counts_.failed(e.what());
      log_.error(e.what());
    }
    if (!recovered_) std::rethrow_exception(failure);
    // What was done before the failure is still saved and committed.
    if (!deadline_) {
      deadline_ = env_.threads->time().now() + env_.options->revoke_deadline;
      children_.spawn(watch_deadline());
    }
  }
  co_await drain();
  if (failure) std::rethrow_exception(failure);
}

task<> partition_runner::recover(kafka::record_reader& reader) {
  if (store_) {
    tables::table_recovery recovery{*env_.threads, reader, *store_, start_.table, start_.changelog, log_};
    // Also when it is cancelled: nobody may look at what is gone.
    struct watched {
      partition_runner* by;
      ~watched() { by->watch(nullptr); }
    } const while_it_lives{this};
    watch(&recovery.progress());
    const auto result = co_await recovery.run();
    sender_.table_recovered(result.changelog);
    counts_.changelog_offset = result.changelog.value;
    const auto size = store_->stats();
    counts_.store_rows = size.rows;
    counts_.store_bytes = size.bytes_used;
  }
  recovered_ = true;
  counts_.state = partition_state::running;
}

void partition_runner::watch(const tables::recovery_progress* progress) {
  const std::lock_guard lock{recovery_mutex_};
  if (progress_ != nullptr) last_recovery_ = progress_->status();
  progress_ = progress;
}

void partition_runner::open_inputs(kafka::record_reader& reader) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].source = reader.open(start_.inputs[i].where, start_.inputs[i].next, wake_.remote());
  }
}

task<> partition_runner::process() {
  const kafka::batch_limit limit{env_.options->batch_records, env_.options->batch_bytes};
  while (!stopping_) {
    bool any = false;
    for (std::uint16_t i = 0; i < inputs_.size() && !stopping_; ++i) {
      co_await room();
      if (stopping_ || !inputs_[i].source->poll(limit, batch_)) continue;
      any = true;
      co_await process_batch(i);
    }
    refresh_positions();
    if (any) {
      // The other partitions of this worker, and our own acknowledgements, come in between.
      co_await boost::asio::post(strand_, boost::asio::use_awaitable);
    } else {
      co_await wake_.wait();
    }
  }
}

task<> partition_runner::process_batch(std::uint16_t input) {
  auto& in = inputs_[input];
  if (store_) co_await fetch_rows();
  else rows_.assign(batch_.records.size(), nullptr);
  in.counts->records.add(batch_.records.size());
  in.counts->bytes.add(batch_.bytes);
  if (in.edge->handler->is_coroutine()) co_await run_coroutines(input);
  else co_await run_plain(input);
  if (!stopping_) trackers_[input].moved_to(batch_.position);
  if (!store_) co_return;
  auto& overlay = sender_.rows();
  if (overlay.dirty_bytes() > env_.options->commit_bytes && !overlay.is_frozen()) checkpoint_due_.cancel();
  if (overlay.bytes() > env_.options->cache_bytes + overlay.dirty_bytes()) {
    overlay.evict(env_.options->cache_bytes / 2 + overlay.dirty_bytes());
  }
}

task<> partition_runner::fetch_rows() {
  auto& overlay = sender_.rows();
  rows_.clear();
  missing_.clear();
  for (const auto& r : batch_.records) {
    auto& row = overlay.at(r.key);
    rows_.push_back(&row);
    if (row.loaded || row.asked) continue;
    row.asked = true;
    missing_.push_back(&row);
  }
  if (missing_.empty()) co_return;
  std::ranges::sort(missing_, {}, &tables::row::key);
  std::vector<std::string_view> keys;
  keys.reserve(missing_.size());
  for (const auto* row : missing_) keys.push_back(row->key);

  auto& time = env_.threads->time();
  clock::duration took{};
  if (cold_) {
    std::vector<std::optional<std::string>> values(keys.size());
    auto read = [&] {
      const auto from = time.now();
      store_->get(keys, [&](std::size_t i, std::string_view value) { values[i] = value; });
      took = time.now() - from;
    };
    co_await async::blocking(*env_.threads, std::move(read));
    for (std::size_t i = 0; i < missing_.size(); ++i) overlay.loaded(*missing_[i], values[i]);
  } else {
    const auto from = time.now();
    store_->get(keys, [&](std::size_t i, std::string_view value) { overlay.loaded(*missing_[i], value); });
    took = time.now() - from;
    for (auto* row : missing_) overlay.loaded(*row, std::nullopt);
  }
  const auto each = took / static_cast<clock::duration::rep>(keys.size());
  if (each > slow_row) cold_ = true;
  else if (each < fast_row) cold_ = false;
}

task<> partition_runner::run_plain(std::uint16_t input) {
  const auto& edge = *inputs_[input].edge;
  const auto& handler = *edge.handler;
  auto& tracker = trackers_[input];
  auto& time = env_.threads->time();
  scope_.topic = &edge.topic;
  for (std::size_t i = 0; i < batch_.records.size(); ++i) {
    const auto& r = batch_.records[i];
    const auto slot = tracker.begin(r.at);
    if (r.tombstone && !edge.tombstones) {
      tracker.finished(slot);
      continue;
    }
    scope_.begin(batch_, i, input, slot, rows_[i], false);
    const bool timed = i % time_one_of == 0;
    const auto from = timed ? time.now() : clock::time_point{};
    try {
      handler.call(scope_);
    } catch (const error& e) { throw callback_error(input, r, e.what(), e.kind()); } catch (const std::exception& e) {
      throw callback_error(input, r, e.what(), errc::callback_failed);
    }
    if (timed) counts_.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
    tracker.finished(slot);
    if (!sender_.congested()) continue;
    co_await room();
    if (stopping_) co_return;
  }
}

task<> partition_runner::run_coroutines(std::uint16_t input) {
  const auto& edge = *inputs_[input].edge;
  auto& tracker = trackers_[input];
  auto& time = env_.threads->time();
  scope_.topic = &edge.topic;
  for (std::size_t i = 0; i < batch_.records.size() && !stopping_; ++i) {
    const auto& r = batch_.records[i];
    const auto slot = tracker.begin(r.at);
    if (r.tombstone && !edge.tombstones) {
      tracker.finished(slot);
      continue;
    }
    scope_.begin(batch_, i, input, slot, rows_[i], true);
    const auto from = time.now();
    std::string why;
    auto kind = errc::callback_failed;
    std::exception_ptr failure;
    try {
      co_await edge.handler->start(scope_);
    } catch (const error& e) {
      failure = std::current_exception();
      why = e.what();
      kind = e.kind();
    } catch (const std::exception& e) {
      failure = std::current_exception();
      why = e.what();
    }
    scope_.end();
    if (failure) {
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(failure);
      throw callback_error(input, r, why, kind);
    }
    counts_.callback_ns.record(static_cast<std::uint64_t>((time.now() - from).count()));
    tracker.finished(slot);
    co_await room();
  }
}

error partition_runner::callback_error(std::uint16_t input, const record& r, std::string_view why, errc kind) const {
  const topic_partition where{inputs_[input].edge->topic, number_};
  return {kind,
          fmt::format("group '{}', {}@{}, key {}: {}; nothing is committed past this record: mend the callback or the "
                      "record's producer and start again",
                      env_.group->name.str(), to_string(where), r.at.value, excerpt(r.key, 80), why),
          where, r.at};
}

task<> partition_runner::room() {
  while (sender_.congested() && !stopping_) {
    settled_.reset();
    co_await settled_.wait();
  }
}

task<> partition_runner::drain() {
  counts_.state = counts_.state == partition_state::failed ? partition_state::failed : partition_state::draining;
  while (sender_.outstanding() > 0) {
    settled_.reset();
    co_await settled_.wait();
  }
  closing_ = true;
  checkpoint_due_.cancel();
  reported_.notify();
  co_await saved_.wait();
  deadline_timer_.cancel();
}

task<> partition_runner::book_reports() {
  while (!closing_) {
    co_await reported_.wait();
    sender_.take_reports(scope_);
    settled_.set();
  }
}

task<> partition_runner::keep_checkpoints() {
  while (!closing_) {
    // The wait ends early when rows pile up, and at the end.
    if (sender_.rows().dirty_bytes() <= env_.options->commit_bytes) {
      (void)co_await checkpoint_due_.wait_for(env_.options->commit_interval);
    }
    co_await checkpoint();
  }
  co_await checkpoint();
  saved_.set();
}

task<> partition_runner::checkpoint() {
  auto& overlay = sender_.rows();
  if (store_ && overlay.dirty_rows() > 0) {
    const auto from = env_.threads->time().now();
    auto frozen = sender_.cut();
    store::checkpoint at;
    at.written_ms = env_.threads->time().wall_ms();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      at.inputs.emplace_back(inputs_[i].edge->topic.str(), trackers_[i].watermark());
    }
    auto& cut = sender_.changelog();
    while (!cut.complete()) {
      settled_.reset();
      co_await settled_.wait();
    }
    at.changelog = cut.offset_of_cut();
    at.written_ms = env_.threads->time().wall_ms();
    auto save = [&] {
      frozen.sort();
      store_->apply(frozen.changes, start_.table, at);
      return store_->stats();
    };
    const auto size = co_await async::blocking(*env_.threads, std::move(save));
    cut.done();
    overlay.thaw();
    settled_.set();
    counts_.store_rows = size.rows;
    counts_.store_bytes = size.bytes_used;
    counts_.changelog_offset = at.changelog.value;
    counts_.checkpoint_ns.record(static_cast<std::uint64_t>((env_.threads->time().now() - from).count()));
  }
  counts_.dirty_rows = overlay.dirty_rows();
  publish_watermarks();
}

void partition_runner::publish_watermarks() {
  refresh_positions();
  std::vector<kafka::position> moved;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (trackers_[i].watermark() == published_[i].next) continue;
    published_[i].next = trackers_[i].watermark();
    moved.push_back(published_[i]);
  }
  if (!moved.empty()) publish_(std::move(moved));
}

void partition_runner::refresh_positions() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    auto& counts = *inputs_[i].counts;
    counts.processed = trackers_[i].processed().value;
    if (!inputs_[i].source) continue;
    // {0, 0} until the source has heard from the broker.
    counts.end = std::max(counts.end.load(), inputs_[i].source->known_range().high.value);
  }
}

void partition_runner::committed(const std::vector<kafka::position>& positions) {
  for (const auto& p : positions) {
    for (const auto& in : inputs_) {
      if (in.edge->topic == p.where.topic) in.counts->committed = p.next.value;
    }
  }
}

partition_status partition_runner::status() const {
  partition_status s;
  s.partition = number_.value;
  s.worker = worker_;
  if (env_.group->table) {
    s.table.emplace();
    s.table->topic = env_.group->table->topic.str();
    const std::lock_guard lock{recovery_mutex_};
    s.table->recovery = progress_ != nullptr ? progress_->status() : last_recovery_;
  }
  counts_.fill(s);
  return s;
}

table_row partition_runner::row(std::string_view key) const {
  if (!recovered_) {
    throw error{errc::not_recovered,
                fmt::format("partition {} of table '{}' is still being read: try again in a moment", number_.value,
                            env_.group->table->topic.str())};
  }
  table_row out{number_, offset{counts_.changelog_offset}, std::nullopt};
  if (const auto* r = sender_.rows().find(key); r != nullptr && r->loaded) {
    if (r->present) out.bytes = r->value;
    return out;
  }
  const std::vector<std::string_view> keys{key};
  store_->get(keys, [&](std::size_t, std::string_view value) { out.bytes = value; });
  return out;
}

}  // namespace corka::partition
