// What a tester shows: rows, records and commits as plain values that compare and print.
#pragma once

#include <corka/detail/tester_core.hpp>
#include <corka/stream.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka {

/// A row of a table as it was when it was asked for; assigning to it writes.
template <class V, class Codec>
class tested_row {
 public:
  tested_row(std::shared_ptr<detail::tester_core> in, corka::table<V, Codec> of, std::string key)
      : in_{std::move(in)}, of_{std::move(of)}, key_{std::move(key)} {
    const auto& rows = in_->rows(of_.topic());
    const auto found = rows.find(key_);
    if (found == rows.end()) return;
    value_.emplace(of_.codec().decode(found->second));
    text_ = detail::row_to_json(of_.codec(), found->second);
  }

  /// Nothing: there is no such row.
  [[nodiscard]] const std::optional<V>& value() const noexcept { return value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return value_.has_value(); }
  /// @throws tester_failure where there is no such row.
  [[nodiscard]] const V& operator*() const {
    if (!value_) in_->fail("table '" + of_.topic().str() + "' has no row '" + key_ + "'");
    return *value_;
  }
  [[nodiscard]] const V* operator->() const { return &**this; }

  /// Writes the row to the table's topic, as somebody outside would. @throws tester_failure where it is the table of a
  /// group that runs, whose rows are its callbacks' alone.
  tested_row& operator=(const V& value) {
    std::string bytes;
    of_.codec().encode(value, bytes);
    (void)in_->emit(of_.topic(), of_.partition_by(), true, key_, bytes, {});
    text_ = detail::row_to_json(of_.codec(), bytes);
    value_ = value;
    return *this;
  }
  /// Erases it.
  tested_row& operator=(tombstone_t) {
    (void)in_->emit(of_.topic(), of_.partition_by(), true, key_, std::nullopt, {});
    value_.reset();
    return *this;
  }

  template <class T>
    requires std::equality_comparable_with<V, T>
  [[nodiscard]] friend bool operator==(const tested_row& row, const T& value) {
    return row.value_ && *row.value_ == value;
  }
  [[nodiscard]] friend bool operator==(const tested_row& row, std::nullopt_t) { return !row.value_; }
  friend std::ostream& operator<<(std::ostream& out, const tested_row& row) {
    return out << (row.value_ ? row.text_ : "(no row)");
  }

 private:
  std::shared_ptr<detail::tester_core> in_;
  corka::table<V, Codec> of_;
  std::string key_;
  std::optional<V> value_;
  std::string text_;
};

/// A table as its topic says: of a group, or any other one.
template <class V, class Codec>
class tested_table {
 public:
  tested_table(std::shared_ptr<detail::tester_core> in, corka::table<V, Codec> of)
      : in_{std::move(in)}, of_{std::move(of)} {}

  [[nodiscard]] tested_row<V, Codec> operator[](std::string key) const { return {in_, of_, std::move(key)}; }
  /// All of them, by key.
  [[nodiscard]] std::map<std::string, V> rows() const {
    std::map<std::string, V> all;
    for (const auto& [key, bytes] : in_->rows(of_.topic())) all.emplace(key, of_.codec().decode(bytes));
    return all;
  }
  [[nodiscard]] std::size_t size() const { return in_->rows(of_.topic()).size(); }
  friend std::ostream& operator<<(std::ostream& out, const tested_table& t) {
    for (const auto& [key, bytes] : t.in_->rows(t.of_.topic()))
      out << key << " = " << detail::row_to_json(t.of_.codec(), bytes) << "\n";
    return out;
  }

 private:
  std::shared_ptr<detail::tester_core> in_;
  corka::table<V, Codec> of_;
};

/// A record of a topic.
template <class V>
struct tested_record {
  std::string topic;
  partition_id partition;
  corka::offset offset;
  std::string key;
  std::optional<V> value;  ///< nothing: a tombstone
  std::vector<header> headers;
  std::chrono::system_clock::time_point timestamp;  ///< what is beyond the clock is its end
  std::int64_t timestamp_ms;                        ///< exactly; milliseconds since 1970
  std::string text;                                 ///< of the value

  /// The last header with this name; nothing: there is none, or it has no value.
  [[nodiscard]] std::optional<std::string> header_value(std::string_view name) const {
    for (auto h = headers.rbegin(); h != headers.rend(); ++h) {
      if (h->name == name) return h->value;
    }
    return std::nullopt;
  }
  friend std::ostream& operator<<(std::ostream& out, const tested_record& r) {
    out << r.topic << "/" << r.partition.value << "@" << r.offset.value << " " << r.key << " = " << r.text;
    for (const auto& h : r.headers) out << " [" << h.name << ": " << h.value.value_or("") << "]";
    return out;
  }
};

/// Takes the records of a topic one after another, from its beginning: merged by timestamp, those of a partition in
/// order. Trackers of one topic know nothing of each other.
template <class V, class Codec>
class topic_tracker {
 public:
  topic_tracker(std::shared_ptr<detail::tester_core> in, topic_name topic, Codec codec)
      : in_{std::move(in)}, topic_{std::move(topic)}, codec_{std::move(codec)} {}

  /// The next record; nothing: all that is there was taken. Never waits: `settle` or `advance` first.
  [[nodiscard]] std::optional<tested_record<V>> next() {
    auto raw = in_->next(topic_, at_);
    if (!raw) return std::nullopt;
    tested_record<V> r{topic_.str(),
                       raw->partition,
                       raw->offset,
                       std::move(raw->key),
                       {},
                       std::move(raw->headers),
                       raw->timestamp.on_clock(),
                       raw->timestamp.ms(),
                       "(tombstone)"};
    if (raw->value) {
      r.text = detail::row_to_json(codec_, *raw->value);
      r.value.emplace(codec_.decode(*raw->value));
    }
    return r;
  }
  /// All that `next` would give.
  [[nodiscard]] std::vector<tested_record<V>> all() {
    std::vector<tested_record<V>> records;
    while (auto r = next()) records.push_back(std::move(*r));
    return records;
  }
  /// Passes over what is there.
  void skip() {
    while (in_->next(topic_, at_)) {}
  }

 private:
  std::shared_ptr<detail::tester_core> in_;
  topic_name topic_;
  Codec codec_;
  std::vector<corka::offset> at_;  // by partition
};

/// What a group has committed.
class tested_commits {
 public:
  explicit tested_commits(std::vector<detail::tested_position> all) : all_{std::move(all)} {}

  /// The next offset to be processed after a restart; nothing: none was committed.
  [[nodiscard]] std::optional<std::int64_t> at(std::string_view topic, std::int32_t partition) const {
    for (const auto& p : all_) {
      if (p.where.topic.str() == topic && p.where.partition.value == partition && p.committed)
        return p.committed->value;
    }
    return std::nullopt;
  }
  /// Records that are done.
  [[nodiscard]] std::int64_t done() const {
    std::int64_t sum = 0;
    for (const auto& p : all_) sum += p.committed.value_or(offset{0}).value;
    return sum;
  }
  /// Records that are not.
  [[nodiscard]] std::int64_t lag() const {
    std::int64_t sum = 0;
    for (const auto& p : all_) sum += p.end - p.committed.value_or(offset{0});
    return sum;
  }
  friend std::ostream& operator<<(std::ostream& out, const tested_commits& c) {
    for (const auto& p : c.all_)
      out << to_string(p.where) << " at " << p.committed.value_or(offset{0}).value << " of " << p.end.value << "\n";
    return out;
  }

 private:
  std::vector<detail::tested_position> all_;
};

}  // namespace corka
