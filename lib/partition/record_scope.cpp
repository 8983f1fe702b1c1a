#include "partition/record_scope.hpp"

#include "async/event.hpp"
#include "partition/change_source.hpp"
#include "partition/interruption.hpp"
#include "partition/joined_tables.hpp"
#include "partition/partition_sender.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::partition {

/// A send that the callback may wait for.
struct record_scope::awaited_send {
  awaited_send(std::uint64_t t, const corka::executor& strand) : tag{t}, done{strand} {}

  std::uint64_t tag;
  async::event done;
  offset at;
  std::error_code failed;
  bool heard = false;  ///< the callback was told of the failure
};

record_scope::record_scope(partition_sender& out, joined_tables& beside, std::uint32_t id, corka::executor strand,
                           const corka::logger& log)
    : out_{&out}, beside_{&beside}, id_{id}, strand_{std::move(strand)}, log_{&log} {}

record_scope::~record_scope() = default;

void record_scope::begin(const corka::record& what, std::size_t index, const kafka::record_batch::holder* keep,
                         std::uint16_t input, commit_tracker::slot slot, tables::row* row, bool awaits) {
  keep_ = keep;
  index_ = index;
  record = &what;
  input_ = input;
  slot_ = slot;
  row_ = row;
  awaits_ = awaits;
  headers_read_ = false;
  deferrals_ = 0;
}

void record_scope::end() {
  close_awaited();
  for (const auto tag : deferred_) out_->callback_ended(tag);
  deferred_.clear();
}

void record_scope::discard() {
  close_awaited();
  for (const auto tag : deferred_) out_->forget_deferred(tag);
  deferrals_ -= deferred_.size();
  deferred_.clear();
}

void record_scope::close_awaited() {
  for (const auto& send : awaited_) {
    // The callback did not ask: the failure policy hears of it.
    if (send->failed && !send->heard) out_->lost({from(), sent_for::output, send->failed.message(), send->failed});
  }
  awaited_.clear();
}

std::error_code record_scope::lost_for_now() const {
  const auto found =
      std::ranges::find_if(awaited_, [](const auto& send) { return send->heard && may_be_sent_again(send->failed); });
  return found != awaited_.end() ? (*found)->failed : std::error_code{};
}

bool record_scope::settled(std::uint64_t tag, offset at, std::error_code failed) {
  const auto found = std::ranges::find(awaited_, tag, [](const auto& a) { return a->tag; });
  if (found == awaited_.end()) return false;
  (*found)->at = at;
  (*found)->failed = failed;
  (*found)->done.set();
  return true;
}

std::uint64_t record_scope::sent(std::uint64_t tag) {
  if (awaits_) awaited_.push_back(std::make_unique<awaited_send>(tag, strand_));
  return tag;
}

deferred record_scope::defer() {
  // A plain callback ends before anything that its handles say is heard of.
  const bool wait = awaits_ || journals();
  auto made = out_->defer(from(), *topic, *record, wait);
  if (wait) deferred_.push_back(made.tag);
  ++deferrals_;
  return std::move(made.handle);
}

std::optional<std::string_view> record_scope::row() {
  if (!row_->present) return std::nullopt;
  return row_->value;
}

void record_scope::set_row(std::string_view bytes, const emit_options& options) {
  out_->change(from(), *row_, bytes, options);
}

void record_scope::erase_row(const emit_options& options) { out_->change(from(), *row_, std::nullopt, options); }

std::optional<std::string_view> record_scope::begin_change() {
  std::optional<std::string_view> now;
  if (!record->tombstone) now = record->value;
  beside_->show(*topic, record->key, now);
  // Whose batch it is from.
  return static_cast<const change_holder*>(keep_)->before(index_);
}

std::chrono::nanoseconds record_scope::now() const { return out_->time().now().time_since_epoch(); }

std::optional<std::string_view> record_scope::joined(const topic_name& table) {
  return beside_->joined(table, record->key);
}

std::optional<std::string_view> record_scope::looked_up(const topic_name& table, std::string_view key) {
  return beside_->looked_up(table, key);
}

delivery record_scope::emit(const topic_name& to, corka::partitioner by, detail::payload what,
                            const emit_options& options) {
  return {*this, sent(out_->emit(from(), to, by, what, options))};
}

delivery record_scope::emit_loop(std::type_index value_type, detail::payload what, const emit_options& options) {
  return {*this, sent(out_->emit_loop(from(), value_type, what, options))};
}

const std::vector<header_view>& record_scope::headers() {
  if (!headers_read_) {
    headers_.clear();
    if (keep_ != nullptr) keep_->headers(index_, headers_);
    headers_read_ = true;
  }
  return headers_;
}

task<record_position> record_scope::acked(std::uint64_t index) {
  const auto found = std::ranges::find(awaited_, index, [](const auto& a) { return a->tag; });
  if (found == awaited_.end()) {
    throw error{
        errc::callback_failed,
        "acked() was awaited outside the callback that emitted: await it in a coroutine callback, before that ends"};
  }
  auto& send = **found;
  co_await send.done.wait();
  if (send.failed) {
    // The callback's to deal with: the record is done without it.
    if (!std::exchange(send.heard, true)) out_->forgive(from());
    throw error{errc::delivery_failed, fmt::format("a record could not be delivered: {}", send.failed.message())};
  }
  co_return record_position{partition, send.at};
}

}  // namespace corka::partition
