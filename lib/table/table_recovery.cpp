#include "table/table_recovery.hpp"

#include <corka/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>
#include <variant>

namespace corka::tables {

namespace asio = boost::asio;

namespace {
/// What is taken before others on the strand have a turn.
constexpr kafka::batch_limit poll_limit{2'000, std::size_t{1} << 20U};
/// How often the changelog may turn out to be another than it was a moment ago.
constexpr int most_beginnings = 5;
/// However many recover: below this a batch is hardly worth its transaction.
constexpr std::size_t least_batch_bytes = std::size_t{1} << 20U;
}  // namespace

std::chrono::milliseconds erasures_kept_by(const kafka::topic_settings& of) {
  const auto found = of.find("delete.retention.ms");
  if (found == of.end()) return erasures_kept_by_default;
  std::int64_t ms = 0;
  const auto* const end = found->second.data() + found->second.size();
  const auto [read, failed] = std::from_chars(found->second.data(), end, ms);
  // 0 is not for ever but not at all: what was erased may be gone with the next compaction.
  return failed == std::errc{} && read == end ? std::chrono::milliseconds{std::max<std::int64_t>(ms, 1)}
                                              : erasures_kept_by_default;
}

task<std::vector<std::chrono::milliseconds>> erasures_kept_by(kafka::admin& admin, std::vector<topic_name> topics) {
  std::vector<std::chrono::milliseconds> kept(topics.size(), erasures_kept_by_default);
  try {
    const auto in_force = co_await admin.settings(std::move(topics));
    for (std::size_t i = 0; i < std::min(kept.size(), in_force.size()); ++i) kept[i] = erasures_kept_by(in_force[i]);
  } catch (const error& e) {
    if (e.kind() != errc::unauthorized) throw;
  }
  co_return kept;
}

table_recovery::table_recovery(async::execution& threads, kafka::record_reader& reader, store::table_store& to,
                               store::identity table, offset_range available, logger log, recovery_options options)
    : threads_{threads},
      reader_{reader},
      store_{to},
      table_{std::move(table)},
      available_{available},
      log_{std::move(log)},
      options_{std::move(options)},
      intake_{{topic_name{table_.topic}, partition_id{table_.partition}}, options_.update, options_.look},
      progress_{threads.time()} {}

table_recovery::~table_recovery() = default;

task<recovered> table_recovery::run() {
  const executor strand = co_await asio::this_coro::executor;
  arrived_.emplace(strand);
  writer_.emplace(threads_, strand, store_, table_);

  if (options_.shared != nullptr) memory_.emplace(*options_.shared);
  std::exception_ptr failed;
  try {
    co_await carry_out();
  } catch (...) { failed = std::current_exception(); }
  source_.reset();

  // However it ends: the store is the caller's again only when nothing is being written.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  try {
    co_await writer_->idle();
  } catch (...) {
    if (!failed) failed = std::current_exception();
  }
  memory_.reset();
  const auto state = co_await asio::this_coro::cancellation_state;
  co_await asio::this_coro::throw_if_cancelled(throws);
  progress_.finished();
  if (failed) std::rethrow_exception(failed);
  // One that came meanwhile: the caller must not take this for a table that is ready.
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error{asio::error::operation_aborted};
  }
  co_return std::move(result_);
}

task<> table_recovery::carry_out() {
  auto next = start(available_);
  while (true) {
    if (auto* stale = std::get_if<recovery_fsm::wipe>(&next)) {
      auto why = std::move(stale->why);
      next = co_await wipe(std::move(why));
    } else if (const auto* more = std::get_if<recovery_fsm::fetch>(&next)) {
      const auto from = more->from;
      next = co_await fetch(from);
    } else {
      result_.changelog = std::get<recovery_fsm::done>(next).at;
      result_.complete_ms = begun_ms_;
      co_return;
    }
  }
}

recovery_fsm::action table_recovery::start(offset_range available) {
  std::optional<local_copy> local;
  auto of = store_.is_copy_of();
  auto at = store_.last_checkpoint();
  const auto from = at ? at->changelog : available.low;
  begun_ms_ = threads_.time().wall_ms();
  complete_since_ms_ = at ? at->written_ms : begun_ms_;
  if (of && at) local = local_copy{std::move(*of), std::move(*at)};
  progress_.started(from, available.high);
  return fsm_.started(local, {table_, available, begun_ms_, options_.erasures_kept, options_.left});
}

task<recovery_fsm::action> table_recovery::wipe(std::string why) {
  log_.warn("dropping the local copy of " + table_.topic + "/" + std::to_string(table_.partition) + ": " + why +
            "; it is recovered from the changelog");
  progress_.dropped(why);
  result_.why_dropped = std::move(why);
  complete_since_ms_ = begun_ms_;
  const auto clear = [this] { store_.clear(); };
  co_await async::blocking(threads_, clear);
  co_return fsm_.wiped();
}

task<recovery_fsm::action> table_recovery::fetch(offset from) {
  open_source(from);
  bool moved = false;
  try {
    co_await fill();
  } catch (const error& e) {
    moved = e.kind() == errc::offset_out_of_range && changelog_moved();
    if (!moved) throw;
  }
  if (moved) co_return co_await begin_again();

  co_await writer_->idle();
  store::checkpoint reached;
  reached.changelog = source_at_;
  // A copy that stands before the end has yet to see erasures that are there now: it is as old as it was.
  if (source_at_ >= available_.high) complete_since_ms_ = begun_ms_;
  reached.written_ms = complete_since_ms_;
  batch_ = writer_->write(std::move(batch_), std::move(reached));
  co_return fsm_.advanced(source_at_);
}

// Whether the broker told what the changelog holds by now, and our position is not in there.
bool table_recovery::changelog_moved() const {
  const auto [low, high] = source_->known_range();
  const bool known = high > offset{0};
  return known && (source_at_ < low || source_at_ > high) && begun_again_ < most_beginnings;
}

// The changelog was cut or made anew after its range was asked for.
task<recovery_fsm::action> table_recovery::begin_again() {
  ++begun_again_;
  available_ = source_->known_range();
  source_.reset();
  batch_->clear();
  co_await writer_->idle();
  co_return start(available_);
}

void table_recovery::open_source(offset from) {
  if (source_ && source_at_ == from) return;
  source_.reset();
  source_ = reader_.open({topic_name{table_.topic}, partition_id{table_.partition}}, from, arrived_->remote());
  source_at_ = from;
}

bool table_recovery::batch_is_full() const {
  if (batch_->records() >= options_.batch_records || batch_->bytes() >= options_.batch_bytes) return true;
  // One batch is collected while the other is written.
  return memory_ && batch_->bytes() >= std::max(memory_->share() / 2, least_batch_bytes);
}

// Reads until the batch is full or the end is reached.
task<> table_recovery::fill() {
  while (source_at_ < fsm_.end() && !batch_is_full()) {
    auto limit = poll_limit;
    if (options_.left) limit.records = std::min(limit.records, static_cast<std::size_t>(fsm_.end() - source_at_));
    if (!source_->poll(limit, polled_)) {
      co_await arrived_->wait();
      continue;
    }
    if (options_.left && polled_.position > fsm_.end()) leave_the_rest();
    intake_.take(polled_, *batch_);
    source_at_ = polled_.position;
    result_.records += polled_.records.size();
    progress_.advanced(source_at_, polled_.records.size(), polled_.bytes);
    polled_.clear();
    co_await asio::post(asio::use_awaitable);
  }
}

// What is left to others is not taken along; where compaction left holes, fewer records reach further than offsets say.
void table_recovery::leave_the_rest() {
  auto& records = polled_.records;
  while (!records.empty() && records.back().at >= fsm_.end()) {
    polled_.bytes -= records.back().key.size() + (records.back().tombstone ? 0 : records.back().value.size());
    records.pop_back();
  }
  polled_.position = fsm_.end();
}

}  // namespace corka::tables
