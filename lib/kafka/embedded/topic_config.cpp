#include "kafka/embedded/topic_config.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

namespace corka::kafka::embedded {

namespace {

// Taken without effect: they speak of replicas, of the wire or of the disk's habits.
constexpr std::array<std::string_view, 20> without_effect{"compression.type",
                                                          "compression.gzip.level",
                                                          "compression.lz4.level",
                                                          "compression.zstd.level",
                                                          "file.delete.delay.ms",
                                                          "flush.messages",
                                                          "flush.ms",
                                                          "index.interval.bytes",
                                                          "max.compaction.lag.ms",
                                                          "message.timestamp.type",
                                                          "message.timestamp.after.max.ms",
                                                          "message.timestamp.before.max.ms",
                                                          "min.compaction.lag.ms",
                                                          "min.insync.replicas",
                                                          "preallocate",
                                                          "segment.index.bytes",
                                                          "segment.jitter.ms",
                                                          "unclean.leader.election.enable",
                                                          "follower.replication.throttled.replicas",
                                                          "leader.replication.throttled.replicas"};

template <class T>
T number(const std::string& topic, const std::string& name, const std::string& text, T least) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < least) {
    throw error{errc::invalid_option,
                fmt::format("topic '{}': {}={} must be a number of at least {}", topic, name, text, least)};
  }
  return value;
}

template <class T>
std::optional<T> unless_negative(std::int64_t value) {
  if (value < 0) return std::nullopt;
  return static_cast<T>(value);
}

}  // namespace

topic_config topic_config::parse(const std::string& topic, const std::map<std::string, std::string>& settings) {
  topic_config c;
  c.given = settings;
  for (const auto& [name, text] : settings) {
    const auto as_number = [&, n = &name, t = &text](std::int64_t least) {
      return number<std::int64_t>(topic, *n, *t, least);
    };
    if (name == "cleanup.policy") {
      c.compacted = text == "compact" || text == "compact,delete" || text == "delete,compact";
      c.deleted = text != "compact";
      if (!c.compacted && text != "delete") {
        throw error{
            errc::invalid_option,
            fmt::format("topic '{}': cleanup.policy={} must be delete, compact, or compact,delete", topic, text)};
      }
    } else if (name == "retention.ms") {
      c.retention_ms = unless_negative<std::int64_t>(as_number(-1));
    } else if (name == "retention.bytes") {
      c.retention_bytes = unless_negative<std::size_t>(as_number(-1));
    } else if (name == "segment.bytes") {
      c.segment_bytes = static_cast<std::size_t>(as_number(1024));
    } else if (name == "segment.ms") {
      c.segment_ms = as_number(1);
    } else if (name == "delete.retention.ms") {
      c.delete_retention_ms = as_number(0);
    } else if (name == "max.message.bytes") {
      c.max_message_bytes = static_cast<std::size_t>(as_number(0));
    } else if (name == "min.cleanable.dirty.ratio") {
      c.min_cleanable_dirty_ratio = number<double>(topic, name, text, 0.0);
    } else if (std::find(without_effect.begin(), without_effect.end(), name) == without_effect.end()) {
      throw error{
          errc::invalid_option,
          fmt::format("topic '{}': there is no setting '{}': use Kafka's names of topic settings, as retention.ms",
                      topic, name)};
    }
  }
  return c;
}

std::map<std::string, std::string> topic_config::in_force() const {
  const auto or_none = [](const auto& value) { return value ? std::to_string(*value) : std::string{"-1"}; };
  auto all = given;
  all["cleanup.policy"] = compacted && deleted ? "compact,delete" : compacted ? "compact" : "delete";
  all["retention.ms"] = or_none(retention_ms);
  all["retention.bytes"] = or_none(retention_bytes);
  all["segment.ms"] = std::to_string(segment_ms);
  all["delete.retention.ms"] = std::to_string(delete_retention_ms);
  all["max.message.bytes"] = std::to_string(max_message_bytes);
  all.try_emplace("min.cleanable.dirty.ratio", fmt::format("{}", min_cleanable_dirty_ratio));
  return all;
}

void check_topic_name(const std::string& topic) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (topic.empty() || topic.size() > 249 || topic == "." || topic == ".." ||
      !std::all_of(topic.begin(), topic.end(), legal)) {
    throw error{errc::invalid_option,
                fmt::format("'{}' cannot be a topic's name: use 1 to 249 letters, digits, '.', '_' and '-'", topic)};
  }
}

}  // namespace corka::kafka::embedded
