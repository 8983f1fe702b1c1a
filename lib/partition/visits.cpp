#include "partition/visits.hpp"

#include "base/excerpt.hpp"
#include "partition/interruption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace corka::partition {

namespace {

/// Of a page's keys: enough that reading one costs little beside visiting it.
constexpr std::size_t page_rows = 4'096;
constexpr std::size_t page_bytes = 1U << 20U;

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) { return e.what(); } catch (...) {
    return "it threw something that is no std::exception";
  }
}

}  // namespace

visits::visits(const parts& of, std::uint16_t tracker, std::shared_ptr<store::table_store> store,
               checkpointer& checkpoints, dispatcher& callbacks, lane_dispatcher* lanes, joined_tables& joins)
    : parts_{of},
      number_{tracker},
      store_{std::move(store)},
      checkpoints_{checkpoints},
      dispatcher_{callbacks},
      lanes_{lanes},
      joins_{joins},
      rows_{of.env, store_, of.sender.rows()},
      scope_{of.scopes.take_journaled()},
      callback_{of.strand},
      turned_{of.strand} {}

visits::~visits() = default;

void visits::add(std::shared_ptr<visit_part> part) {
  if (closed_) return;  // dropped: the part says so itself
  queue_.push_back(std::move(part));
  if (started_) start();
}

void visits::start() {
  started_ = true;
  if (serving_ || closed_ || queue_.empty()) return;
  serving_ = true;
  parts_.children.spawn(serve());
}

bool visits::over() const { return closed_ || queue_.front()->cancelled() || !failed_.empty(); }

void visits::look_for_cancelled() {
  if (queue_.empty()) return;
  // Those that have not begun.
  for (auto i = queue_.size(); i-- > 1;) {
    const auto part = queue_[i];
    if (!part->cancelled()) continue;
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
    part->end(visit_outcome::cancelled, {}, 0, part->asked().from);
  }
  if (!front().cancelled()) return;
  callback_.cancel();
  parts_.state.settled.set();
  // A slice that runs comes to its end by itself.
  if (slicing_) return;
  ready_ = false;
  turned_.set();
}

void visits::abort(const std::string& why) {
  closed_ = true;
  ready_ = false;
  while (!queue_.empty()) end_front(visit_outcome::aborted, why);
  turned_.set();
  parts_.state.settled.set();
}

void visits::end_front(visit_outcome how, std::string why) {
  const auto part = std::move(queue_.front());
  queue_.pop_front();
  if (!cursor_) {
    part->end(how, std::move(why), 0, part->asked().from);
    return;
  }
  cursor_->done_below(static_cast<std::uint64_t>(tracker().watermark().value));
  part->end(how, std::move(why), cursor_->done(), cursor_->resume_at());
  cursor_.reset();
}

task<> visits::serve() {
  while (!queue_.empty()) co_await carry_out();
  serving_ = false;
}

task<> visits::carry_out() {
  failed_.clear();
  cursor_.emplace(front().asked().from, static_cast<std::uint64_t>(tracker().processed().value));
  co_await save_what_is_written();
  while (!closed_ && !over() && !cursor_->at_end()) {
    if (cursor_->wants_page()) {
      co_await read_page();
      continue;
    }
    ready_ = true;
    parts_.wake.notify();
    turned_.reset();
    co_await turned_.wait();
  }
  ready_ = false;
  if (closed_) co_return;
  // A visit that is cancelled does not wait for a broker that may be away: it goes on before what is not acknowledged.
  while (!closed_ && !front().cancelled() && tracker().under_way() > 0) co_await parts_.state.next_settled();
  if (closed_) co_return;
  if (!failed_.empty()) end_front(visit_outcome::failed, std::exchange(failed_, {}));
  else if (front().cancelled()) end_front(visit_outcome::cancelled, {});
  else end_front(visit_outcome::completed, {});
}

task<> visits::save_what_is_written() {
  const auto wanted = checkpoints_.ask();
  while (!over() && checkpoints_.saved() < wanted) co_await parts_.state.next_settled();
}

task<> visits::read_page() {
  std::vector<std::string> keys;
  bool last = true;
  auto read = [&, from = cursor_->page_from()] {
    std::size_t bytes = 0;
    const auto rows = store_->read();
    rows->range(from, std::nullopt, false, [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      bytes += key.size();
      last = keys.size() < page_rows && bytes < page_bytes;
      return last;
    });
  };
  co_await async::blocking(*parts_.env.threads, std::move(read));
  if (!closed_) cursor_->filled(std::move(keys), last);
}

task<> visits::prepare() {
  slicing_ = true;
  slice_.batch.records.clear();
  const auto wall_ms = parts_.env.threads->time().wall_ms();
  for (std::size_t i = 0; i < std::min(front().asked().rows_per_slice, cursor_->left()); ++i) {
    slice_.batch.records.push_back({.key = cursor_->key(i), .at = offset{-1}, .timestamp_ms = wall_ms});
  }
  try {
    if (joins_.any()) co_await joins_.fetch(slice_.batch);
    co_await rows_.fetch(slice_);
  } catch (...) {
    slicing_ = false;
    throw;
  }
  for (auto* row : slice_.rows) ++row->pins;
}

task<> visits::slice() {
  // Also when it is cancelled or fails: the partition is not kept waiting for it.
  struct ended {
    visits* of;
    ~ended() {
      for (auto* row : of->slice_.rows) --row->pins;
      of->slice_.rows.clear();
      of->slicing_ = false;
      of->parts_.state.settled.set();
      of->parts_.wake.notify();
    }
  };
  {
    const ended at_end{this};
    co_await visit_prepared();
  }
  report();
  if (cursor_->left() > 0 && !over()) co_return;
  ready_ = false;
  turned_.set();
}

task<> visits::visit_prepared() {
  const auto part = queue_.front();
  auto& time = parts_.env.threads->time();
  const auto until = time.now() + part->asked().slice_time;
  scope_.topic = &part->asked().visitor->name;
  scope_.visit_meta = part->asked().meta.get();
  for (std::size_t i = 0; i < slice_.batch.records.size() && !over() && !parts_.state.halted(); ++i) {
    const bool mine = co_await turn_of(i);
    if (!mine) break;
    // Else it was erased since the page was read.
    if (slice_.rows[i]->present) co_await visit_row(i);
    else cursor_->skip();
    if (lanes_ != nullptr) lanes_->release();
    co_await dispatcher_.room();
    if (time.now() >= until) break;
  }
}

// Until no record of the key is under way; false: the visit is over first.
task<bool> visits::turn_of(std::size_t index) {
  if (lanes_ == nullptr) co_return true;
  std::function<bool()> give_up = [this] { return over() || parts_.state.halted(); };
  co_return co_await lanes_->claim(slice_.batch.records[index].key, std::move(give_up));
}

task<> visits::visit_row(std::size_t index) {
  const auto& handler = *queue_.front()->asked().visitor->handler;
  const auto row = cursor_->begin();
  const auto slot = tracker().begin(offset{static_cast<std::int64_t>(row)});
  scope_.begin(slice_.batch.records[index], index, nullptr, number_, slot, slice_.rows[index], handler.is_coroutine());
  bool ended = false;
  std::exception_ptr failure;
  if (handler.is_coroutine()) {
    callback_.spawn(call(handler, ended, failure));
    co_await callback_.join();
  } else {
    try {
      handler.call(scope_);
    } catch (...) { failure = std::current_exception(); }
    ended = true;
  }
  const bool done = ended && !failure;
  // All of the row's effects, or none.
  if (done) scope_.publish();
  else scope_.discard();
  scope_.end();
  tracker().finished(slot);
  if (done) co_return;
  cursor_->stuck_at(row);
  if (front().cancelled() || !failure) co_return;
  failed_ = fmt::format("{}, key {}: {}", front_name(), excerpt(slice_.batch.records[index].key, 80), text_of(failure));
}

std::string visits::front_name() {
  return fmt::format("visitor '{}' of group '{}', partition {}", front().asked().visitor->name.str(),
                     parts_.env.group->name.str(), parts_.number.value);
}

void visits::lost(const failed_send& what) {
  if (what.purpose == sent_for::changelog) {
    const auto text =
        fmt::format("group '{}', partition {}: a visitor's state could not be written to the changelog: {}",
                    parts_.env.group->name.str(), parts_.number.value, what.why);
    if (may_be_sent_again(what.failed)) throw interruption{static_cast<errc>(what.failed.value()), text};
    throw error{errc::delivery_failed, text + "; mend the cause and start again"};
  }
  const auto row = static_cast<std::uint64_t>(tracker().offset_of(what.from.slot).value);
  tracker().acked(what.from.slot);
  // Of a visit that has ended before: it was cancelled, and does not count the row.
  if (!cursor_ || row < cursor_->first_row()) return;
  cursor_->stuck_at(row);
  if (!failed_.empty()) return;
  failed_ = fmt::format(
      "{}: {}: {}", front_name(),
      what.purpose == sent_for::deferral ? "a deferred row failed" : "a record could not be delivered", what.why);
  if (slicing_) return;
  ready_ = false;
  turned_.set();
}

task<> visits::call(const record_handler& handler, bool& ended, std::exception_ptr& failure) {
  try {
    co_await handler.start(scope_);
    ended = true;
  } catch (...) { failure = std::current_exception(); }
}

void visits::report() {
  cursor_->done_below(static_cast<std::uint64_t>(tracker().watermark().value));
  const auto rows = cursor_->begun();
  const auto total = parts_.counts.store_rows.load();
  queue_.front()->progressed(rows, total > rows ? total - rows : 0);
}

}  // namespace corka::partition
