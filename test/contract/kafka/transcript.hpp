// What a case came to, in lines that are the same on every transport.
#pragma once

#include "kafka/ports.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

struct kept_record;

/// Outcomes of one case's use of a transport, as one section of the file that $CORKA_TRANSCRIPT names.
///
/// Names, ids and times are told by when they came up first ("topic#1", "id#2", "T+1000"), so that those of two runs
/// compare. What only timing decides is left out: how a rebalance went, how many records a poll gave, what was answered
/// with "try again". Threads: any. Life: shared by what writes into it; written when the last of them is gone.
class transcript {
 public:
  /// Null where nobody asked for one.
  [[nodiscard]] static std::shared_ptr<transcript> of_this_case(std::int64_t now_ms);
  transcript(std::string file, std::string title, std::int64_t now_ms);
  transcript(const transcript&) = delete;
  transcript& operator=(const transcript&) = delete;
  ~transcript();

  /// A line. Where the last one has the same `about`, which is then part of neither, it takes its place: what is asked
  /// again and again is told as it was at last.
  void say(std::string line, std::string about = {});

  [[nodiscard]] std::string topic(const topic_name& name) { return alias("topic", name.str()); }
  [[nodiscard]] std::string group(const group_name& name) { return alias("group", name.str()); }
  [[nodiscard]] std::string where(const topic_partition& tp);
  /// One more member of the group. Which numbers it gets beside others is by chance.
  void joined(const group_name& name);
  /// `tp` as the member of a group sees it: by its number, or, once there have been others, as its own or not.
  [[nodiscard]] std::string where(const topic_partition& tp, const group_name& group, bool own);
  /// "source#1": one more of its kind.
  [[nodiscard]] std::string next(const std::string& kind);
  [[nodiscard]] std::string alias(const std::string& kind, const std::string& name);
  /// A time that the case gave.
  [[nodiscard]] std::string given_time(std::int64_t ms);
  /// A record's time: a given one, or "now".
  [[nodiscard]] std::string time(std::int64_t ms, std::int64_t now_ms);
  [[nodiscard]] std::string record(const kept_record& r, std::int64_t now_ms);

  /// Bytes, printable and short; long ones by their beginning, length and hash.
  [[nodiscard]] static std::string shown(std::string_view bytes);
  [[nodiscard]] static std::string shown(std::string_view key, std::optional<std::string_view> value);

 private:
  [[nodiscard]] std::string alias_of(const std::string& kind, const std::string& name);

  struct entry {
    std::string line;
    std::string about;
  };
  std::mutex mutex_;
  std::string file_;
  std::string title_;
  std::int64_t began_ms_;
  std::vector<entry> entries_;
  std::map<std::string, std::map<std::string, std::size_t>> aliases_;
  std::map<std::string, std::size_t> counts_;
  std::map<group_name, int> members_;
  std::set<std::int64_t> given_;
  std::optional<std::int64_t> first_given_;
};

/// "ok", or what the code means.
[[nodiscard]] std::string name_of(std::error_code code);

/// A cluster of which everything that comes out of it is told.
[[nodiscard]] std::shared_ptr<kafka::cluster> transcribed(kafka::cluster& from, clock& time,
                                                          std::shared_ptr<transcript> into);

}  // namespace corka::test
