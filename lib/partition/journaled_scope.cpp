#include "partition/journaled_scope.hpp"

#include "partition/partition_sender.hpp"

#include <utility>

namespace corka::partition {

void journaled_scope::publish() {
  auto origin = from();
  // Kept with each emit: middleware may have added others since.
  origin.added = {};
  if (row_written_) {
    const auto& w = *row_written_;
    out().change(origin, *table_row(), w.value ? std::optional<std::string_view>{*w.value} : std::nullopt, w.options);
    row_written_.reset();
  }
  for (; published_ < written_.size(); ++published_) {
    auto& w = written_[published_];
    const detail::payload what{w.key, w.value ? std::optional<std::string_view>{*w.value} : std::nullopt};
    w.tag = sent(out().send_payload(origin, *w.to, w.by, what, w.options));
  }
}

void journaled_scope::discard() {
  row_written_.reset();
  written_.clear();
  published_ = 0;
  record_scope::discard();
}

void journaled_scope::end() {
  written_.clear();
  published_ = 0;
  record_scope::end();
}

std::optional<std::string_view> journaled_scope::row() {
  if (!row_written_) return record_scope::row();
  if (!row_written_->value) return std::nullopt;
  return *row_written_->value;
}

void journaled_scope::set_row(std::string_view bytes, const emit_options& options) {
  row_written_ = written_row{std::string{bytes}, options};
}

void journaled_scope::erase_row(const emit_options& options) { row_written_ = written_row{std::nullopt, options}; }

delivery journaled_scope::emit(const topic_name& to, corka::partitioner by, detail::payload what,
                               const emit_options& options) {
  return keep(out().output(to), by, what, options);
}

delivery journaled_scope::emit_loop(std::type_index value_type, detail::payload what, const emit_options& options) {
  const auto& to = out().loop(value_type);
  return keep(to.topic, to.by, what, options);
}

delivery journaled_scope::keep(const kafka::output_topic& to, corka::partitioner by, const detail::payload& what,
                               const emit_options& options) {
  auto& w = written_.emplace_back();
  w.to = &to;
  w.by = by;
  w.key = what.key;
  if (what.value) w.value.emplace(*what.value);
  w.options.timestamp = options.timestamp;
  w.options.headers = added_headers;
  w.options.headers.insert(w.options.headers.end(), options.headers.begin(), options.headers.end());
  return {*this, written_.size() - 1};
}

task<record_position> journaled_scope::acked(std::uint64_t index) {
  if (index < written_.size()) {
    publish();
    index = written_[index].tag;
  }
  return record_scope::acked(index);
}

}  // namespace corka::partition
