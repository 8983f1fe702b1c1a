// Logs as text: what is written to one, and what is read from it.
#pragma once

#include "kafka/embedded/partition_log.hpp"

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::test {

/// Appends one frame: "anna=1", "bert" for a tombstone. Returns the first offset.
inline std::int64_t append(kafka::embedded::partition_log& log, const std::vector<std::string>& records,
                           std::int64_t time_ms = 0) {
  kafka::embedded::frame_builder frame;
  for (const auto& r : records) {
    const auto equals = r.find('=');
    std::optional<std::string_view> value;
    if (equals != std::string::npos) value = std::string_view{r}.substr(equals + 1);
    frame.add(frame.next_delta(), time_ms, std::string_view{r}.substr(0, equals), value, {});
  }
  return log.append(frame);
}

/// "4 anna=1": everything from an offset on.
inline std::vector<std::string> lines(const kafka::embedded::partition_log& log, std::int64_t from) {
  namespace e = kafka::embedded;
  std::vector<std::string> all;
  while (true) {
    const auto found = log.find(from);
    if (!found) return {"out of range"};
    if (!found->in) return all;
    const auto& s = *found->in;
    const auto head = e::read_frame_header(s.data() + found->frame.at);
    const char* p = s.data() + found->frame.at + e::frame_header_size;
    const char* const end = s.data() + found->frame.at + head.length;
    e::framed_record r;
    while (p != nullptr && p < end) {
      p = e::read_record(p, end, head, r);
      if (p == nullptr) return {"damaged"};
      if (r.what.at.value < from) continue;
      auto line = std::to_string(r.what.at.value) + " " + std::string{r.what.key};
      if (!r.what.tombstone) line += "=" + std::string{r.what.value};
      all.push_back(std::move(line));
    }
    from = head.end();
  }
}
inline std::vector<std::string> lines(const kafka::embedded::partition_log& log) {
  return lines(log, log.range().low.value);
}

/// Keeps what is said to a logger.
class log_book {
 public:
  [[nodiscard]] logger to() const { return {sink_, log_level::debug, "test"}; }
  [[nodiscard]] const std::vector<std::pair<log_level, std::string>>& said() const { return *said_; }

 private:
  std::shared_ptr<std::vector<std::pair<log_level, std::string>>> said_ =
      std::make_shared<std::vector<std::pair<log_level, std::string>>>();
  std::shared_ptr<const log_sink> sink_ = std::make_shared<log_sink>(
      [said = said_](log_level level, std::string_view, std::string_view text) { said->emplace_back(level, text); });
};

}  // namespace corka::test
