#include "table/table_follower.hpp"

#include "async/timer.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace corka::tables {

namespace {

using std::chrono::milliseconds;

/// What is taken before others on the strand have a turn.
constexpr kafka::batch_limit poll_limit{2'000, std::size_t{1} << 20U};
constexpr milliseconds retry_first{100};
constexpr milliseconds retry_most{5'000};
/// A write that took longer than the first waited for the disk; below the second it does not any more.
constexpr std::chrono::microseconds slow_write{2'000};
constexpr std::chrono::microseconds fast_write{500};
/// An idle copy that is complete says so on disk this often, or more often where erasures are kept for less than a day.
constexpr std::chrono::hours confirm_after{1};
/// However short erasures are kept: a copy that follows was complete when the cluster was asked last, which is seconds
/// ago, also on a machine that is busy.
constexpr std::chrono::minutes least_gap{5};

bool passes_by_itself(errc why) { return why == errc::broker_unavailable || why == errc::timed_out; }

}  // namespace

table_follower::table_follower(async::execution& threads, executor strand, kafka::record_reader& reader,
                               store::table_store& to, store::identity table, changelog_inquiry ask, logger log,
                               follower_options options, table_listener* listener)
    : threads_{threads},
      strand_{strand},
      check_{strand},
      reader_{reader},
      store_{to},
      table_{std::move(table)},
      where_{topic_name{table_.topic}, partition_id{table_.partition}},
      ask_{std::move(ask)},
      log_{std::move(log)},
      options_{std::move(options)},
      listener_{listener},
      intake_{where_, options_.recovery.update, options_.recovery.look},
      found_{store_},
      children_{strand},
      arrived_{strand},
      again_{retry_first, retry_most, static_cast<std::uint64_t>(table_.partition)} {
  table_.codec = copied_as(table_.codec, options_.recovery.update);
  if (options_.announces) {
    batch_.keep_places();
    if (!options_.recovery.left) options_.recovery.left.emplace();
  }
  if (const auto stands = store_.last_checkpoint()) complete_as_of(stands->written_ms);
  measure_store();
}

table_follower::~table_follower() = default;

task<> table_follower::run(std::optional<changelog_now> known) {
  std::exception_ptr failure;
  if (!stopped_) {
    children_.spawn(work(std::move(known)));
    try {
      co_await children_.join();
      save_position();
    } catch (...) { failure = std::current_exception(); }
  }
  source_.reset();
  ended_ = true;
  now(copy_state::idle, false);
  for (const auto& e : evictions_) e.done->set();
  if (failure) std::rethrow_exception(failure);
}

void table_follower::stop() {
  check_("table_follower::stop");
  stopped_ = true;
  children_.cancel();
}

task<> table_follower::work(std::optional<changelog_now> known) {
  while (true) {
    if (!known) known = co_await find();
    auto log = *std::exchange(known, std::nullopt);
    const bool usable = co_await recover(std::move(log));
    if (usable) co_await follow();
    now(copy_state::waiting, false);
    co_await async::sleep_for(threads_.time(), again_.next());
  }
}

task<changelog_now> table_follower::find() {
  async::backoff wait{retry_first, retry_most, static_cast<std::uint64_t>(table_.partition)};
  while (true) {
    std::string why;
    try {
      co_return co_await ask_(where_);
    } catch (const error& e) {
      // A topic that was there comes again, or this copy of it stays as it is.
      const bool gone = e.kind() == errc::topic_unknown && ever_current_;
      if (!gone && !passes_by_itself(e.kind())) throw;
      why = e.what();
    }
    if (wait.tries() == 0) log_.warn(fmt::format("{}: waiting: {}", to_string(where_), why));
    now(copy_state::waiting, false);
    co_await async::sleep_for(threads_.time(), wait.next());
  }
}

task<bool> table_follower::recover(changelog_now log) {
  now(copy_state::recovering, false);
  counts_.recoveries.add();
  // A position of another topic says nothing about this one.
  const bool renewed = !table_.topic_id.empty() && table_.topic_id != log.topic_id;
  if (options_.recovery.left && renewed) options_.recovery.left->from.reset();
  table_.topic_id = std::move(log.topic_id);
  if (log.erasures_kept) options_.recovery.erasures_kept = *log.erasures_kept;
  if (!table_.topic_id.empty()) reader_.topic_is(where_.topic, table_.topic_id);
  caught_up_ = false;
  table_recovery recovery{threads_, reader_, store_, table_, log.available, log_, options_.recovery};
  struct watched {
    follow_counts& by;
    ~watched() { by.watch(nullptr); }
  } const while_it_lives{counts_};
  counts_.watch(&recovery.progress());
  recovered result;
  bool moved = false;
  try {
    result = co_await recovery.run();
  } catch (const error& e) {
    // Cut, deleted or made anew once more: what it is now has to be asked for.
    moved = e.kind() == errc::offset_out_of_range || (e.kind() == errc::topic_unknown && ever_current_);
    if (!moved) throw;
    log_.warn(fmt::format("{}: the recovery begins again: {}", to_string(where_), e.what()));
  }
  if (moved) co_return false;
  const auto stands = store_.last_checkpoint();
  saved_ = stands ? stands->changelog : offset{-1};
  // A copy whose tail is still to come is as old as it was.
  const bool complete = result.changelog >= log.available.high || !stands;
  complete_as_of(complete ? result.complete_ms : stands->written_ms);
  saved_ms_ = complete_ms_;
  ahead_ = {};
  measure_store();
  counts_.end = -1;  // another topic's, perhaps
  heard_of_end(log.available.high);
  end_at_recovery_ = log.available.high;
  // The position that was asked for is another topic's, or behind the copy, from now on.
  if (options_.recovery.left) options_.recovery.left->from.reset();
  if (options_.announces) listener_->announced_from(result.changelog);
  reached(result.changelog);
  const bool read_any = result.records > 0 || !result.why_dropped.empty();
  if (listener_ != nullptr && read_any) co_await listener_->reread();
  ever_current_ = true;
  now(copy_state::following, true);
  // An empty copy is one too, and says of what: a restart without the cluster can tell it from one that was never read.
  if (!stands) save_position();
  co_return true;
}

task<> table_follower::follow() {
  begin_again_ = false;
  source_ = reader_.open(where_, position(), arrived_.remote());
  while (!begin_again_) {
    if (!evictions_.empty()) evict_pending();
    if (std::exchange(confirm_, false)) save_position();
    bool any = false;
    try {
      any = source_->poll(poll_limit, polled_);
    } catch (const error& e) {
      if (e.kind() != errc::offset_out_of_range && e.kind() != errc::topic_unknown) throw;
      log_.warn(fmt::format("{}: it is read again from what there is now: {}", to_string(where_), e.what()));
      break;
    }
    heard_of_end(source_->known_range().high);
    if (!any) {
      co_await arrived_.wait();
      continue;
    }
    if (may_lack_erasures()) {
      // Changes that were announced are done; the others are announced after the copy was read up to here.
      if (options_.announces) options_.recovery.left->from = position();
      polled_.clear();
      break;
    }
    co_await apply();
    again_.reset();
    co_await boost::asio::post(strand_, boost::asio::use_awaitable);
  }
  source_.reset();
}

// The polled batch into the store. Cancelled meanwhile, it still ends with store and position in agreement: the only
// awaits are the write itself, which is not cancellable, and the listener's, before and after it.
task<> table_follower::apply() {
  counts_.records_in.add(polled_.records.size());
  counts_.bytes_in.add(polled_.bytes);
  intake_.take(polled_, batch_);
  const auto next = polled_.position;
  polled_.clear();
  if (options_.announces) co_await announce(next);
  if (ahead_.at >= offset{0} && next >= ahead_.at) complete_as_of(std::exchange(ahead_, {}).wall_ms);
  if (batch_.records() == 0) {  // holes, or everything ignored: saved with the next rows, or at the end
    reached(next);
    co_return;
  }
  store::checkpoint at;
  at.changelog = next;
  at.written_ms = complete_ms_;
  clock::duration took{};
  const auto timed_write = [this, &at, &took] {
    const auto from = threads_.time().now();
    write(at);
    took = threads_.time().now() - from;
  };
  const bool small = batch_.records() <= options_.inline_rows && batch_.bytes() <= options_.inline_bytes;
  if (small && !slow_) timed_write();
  else co_await async::blocking(threads_, timed_write);
  if (small) slow_ = took > (slow_ ? fast_write : slow_write);
  saved_ = next;
  saved_ms_ = complete_ms_;
  counts_.written.add(rows_.size());
  reached(next);
  // Who began to listen while the batch was written may have read the rows before it: no change may be kept from them.
  if (listener_ != nullptr && !changes_known_ && listener_->wants_changes()) found_.all_of(rows_);
  if (listener_ != nullptr && !found_.changes().empty()) co_await listener_->changed(found_.changes());
  batch_.clear();
}

task<> table_follower::announce(offset next) {
  const auto find = [this] { found_.find_coming(batch_); };
  if (batch_.records() == 0) found_.nothing_coming();
  else if (batch_.records() <= options_.inline_rows && !slow_) find();
  else co_await async::blocking(threads_, find);
  co_await listener_->coming(found_.coming(), next);
}

// On the strand or on the pool, while the strand waits for it.
void table_follower::write(const store::checkpoint& at) {
  rows_ = batch_.sorted();
  changes_known_ = listener_ != nullptr && listener_->wants_changes();
  if (changes_known_) found_.find(rows_);
  else found_.nothing();
  store_.apply(rows_, table_, at);
  measure_store();
}

void table_follower::evict_pending() {
  const auto all = std::exchange(evictions_, {});
  std::vector<std::string_view> keys;
  for (const auto& e : all) keys.push_back(e.key);
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  std::vector<store::change> rows;
  for (const auto key : keys) rows.push_back({key, {}, true});
  store::checkpoint at;
  at.changelog = position();
  at.written_ms = complete_ms_;
  store_.apply(rows, table_, at);
  saved_ = at.changelog;
  measure_store();
  for (const auto& e : all) e.done->set();
}

// False: it ended before.
template <class Holds>
task<bool> table_follower::until(Holds holds) {
  const auto strand = co_await boost::asio::this_coro::executor;
  async::wake_list::place here{moved_, strand};
  while (!holds() && !ended_) co_await here.wait();
  co_return holds();
}

error table_follower::not_followed() const {
  return {errc::stopped, fmt::format("{} is not followed any more", to_string(where_))};
}

task<> table_follower::ready() {
  const bool is = co_await until([this] { return is_current(); });
  if (!is) throw not_followed();
}

task<> table_follower::caught_up() {
  const bool is = co_await until([this] { return caught_up_.load(); });
  if (!is) throw not_followed();
}

task<> table_follower::applied(offset at) {
  const bool is = co_await until([this, at] { return position() > at; });
  if (!is) throw error{errc::stopped, not_followed().what(), where_, at};
}

task<> table_follower::evict(std::string key) {
  check_("table_follower::evict");
  co_await ready();
  async::event done{strand_};
  evictions_.push_back({std::move(key), &done});
  struct taken_out {
    table_follower& of;
    async::event* done;
    ~taken_out() {
      std::erase_if(of.evictions_, [this](const eviction& e) { return e.done == done; });
    }
  } const at_end{*this, &done};
  arrived_.notify();
  co_await done.wait();
  if (ended_) throw not_followed();
}

void table_follower::cluster_says(const changelog_now& now) {
  check_("table_follower::cluster_says");
  if (!current_) return;
  const bool renewed = !now.topic_id.empty() && !table_.topic_id.empty() && now.topic_id != table_.topic_id;
  if (renewed && !begin_again_) {
    log_.warn(fmt::format("{}: the topic was deleted and made again: it is read anew", to_string(where_)));
    begin_again_ = true;
    arrived_.notify();
  }
  if (renewed) return;
  heard_of_end(now.available.high);
  const auto wall_ms = threads_.time().wall_ms();
  if (position() < now.available.high) {
    if (ahead_.at < offset{0}) ahead_ = {now.available.high, wall_ms};
    return;
  }
  ahead_ = {};
  complete_as_of(wall_ms);
  const auto kept = options_.recovery.erasures_kept;
  const auto often_enough =
      kept.count() == 0 ? milliseconds{confirm_after} : std::min<milliseconds>(confirm_after, kept / 24);
  if (milliseconds{complete_ms_ - saved_ms_} < often_enough) return;
  confirm_ = true;
  arrived_.notify();
}

void table_follower::reached(offset next) {
  counts_.position = next.value;
  if (next >= end_at_recovery_) caught_up_ = true;
  moved_.wake_all();
}

// Not by what fetches say: what a process that stood still for a day finds in its buffers was true a day ago.
void table_follower::complete_as_of(std::int64_t wall_ms) { counts_.complete_ms = complete_ms_ = wall_ms; }

bool table_follower::may_lack_erasures() const {
  const auto kept = options_.recovery.erasures_kept;
  if (kept.count() == 0 || complete_ms_ == 0) return false;
  return milliseconds{threads_.time().wall_ms() - complete_ms_} > std::max<milliseconds>(kept, least_gap);
}

void table_follower::heard_of_end(offset high) {
  if (high.value > counts_.end) counts_.end = high.value;
}

void table_follower::now(copy_state state, bool current) {
  const bool changes = current_ != current || counts_.state != state || ended_;
  current_ = current;
  counts_.state = state;
  if (!changes) return;
  moved_.wake_all();
  if (options_.state_changed != nullptr) options_.state_changed->wake_all();
}

// Positions move also past what brings no rows, and a copy can be complete for long without any. A restart reads only
// what comes after what is saved, and trusts it by its age.
void table_follower::save_position() {
  if (!current_ || (position() == saved_ && complete_ms_ == saved_ms_)) return;
  store::checkpoint at;
  at.changelog = position();
  at.written_ms = complete_ms_;
  store_.apply({}, table_, at);
  saved_ = at.changelog;
  saved_ms_ = complete_ms_;
}

void table_follower::measure_store() {
  const auto size = store_.stats();
  counts_.rows = size.rows;
  counts_.bytes = size.bytes_used;
}

copy_status table_follower::status() const {
  copy_status s;
  s.topic = table_.topic;
  s.partition = table_.partition;
  counts_.fill(s, threads_.time().wall_ms());
  return s;
}

}  // namespace corka::tables
