// Names and numbers of Kafka that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace corka {

/// Number of a partition within its topic, from 0.
struct partition_id {
  std::int32_t value = 0;

  constexpr partition_id() = default;
  constexpr explicit partition_id(std::int32_t v) : value{v} {}
  friend constexpr auto operator<=>(partition_id, partition_id) = default;
};

/// Position of a record within its partition, from 0. As a position ("read on from here") it is the next record's.
struct offset {
  std::int64_t value = 0;

  constexpr offset() = default;
  constexpr explicit offset(std::int64_t v) : value{v} {}
  [[nodiscard]] constexpr offset next() const { return offset{value + 1}; }
  friend constexpr auto operator<=>(offset, offset) = default;
  friend constexpr std::int64_t operator-(offset a, offset b) { return a.value - b.value; }
};

/// A string with a meaning; `Tag` keeps names of different things apart.
template <class Tag>
class name {
 public:
  name() = default;
  explicit name(std::string text) : text_{std::move(text)} {}

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  friend auto operator<=>(const name&, const name&) = default;

 private:
  std::string text_;
};

using topic_name = name<struct topic_name_tag>;
using group_name = name<struct group_name_tag>;

/// One partition of one topic.
struct topic_partition {
  topic_name topic;
  partition_id partition;

  friend auto operator<=>(const topic_partition&, const topic_partition&) = default;
};

/// "clicks/3": how a partition is written in logs, errors and pages.
[[nodiscard]] std::string to_string(const topic_partition& tp);

/// First offset that can still be read, and one past the last record (the high watermark).
struct offset_range {
  offset low;
  offset high;

  friend bool operator==(const offset_range&, const offset_range&) = default;
};

}  // namespace corka

template <class Tag>
struct std::hash<corka::name<Tag>> {
  std::size_t operator()(const corka::name<Tag>& n) const noexcept { return std::hash<std::string>{}(n.str()); }
};

template <>
struct std::hash<corka::topic_partition> {
  std::size_t operator()(const corka::topic_partition& tp) const noexcept {
    return std::hash<std::string>{}(tp.topic.str()) * 31U + static_cast<std::size_t>(tp.partition.value);
  }
};
