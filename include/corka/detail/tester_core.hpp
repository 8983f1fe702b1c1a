// The untyped side of a tester. Implemented by the tester layer.
#pragma once

#include <corka/declaration.hpp>
#include <corka/delivery.hpp>
#include <corka/error.hpp>
#include <corka/ids.hpp>
#include <corka/partitioner.hpp>
#include <corka/record_time.hpp>
#include <corka/service.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace corka::detail {

/// A record of a topic, as bytes.
struct tested_bytes {
  partition_id partition;
  corka::offset offset;
  std::string key;
  std::optional<std::string> value;
  std::vector<header> headers;
  record_time timestamp;
};

/// How far a group is in one partition of one of its inputs.
struct tested_position {
  topic_partition where;
  std::optional<corka::offset> committed;
  corka::offset end;
};

/// Names of an instance are as in corka::tester; an empty one in `add` is the program that instances share.
class tester_core {
 public:
  using making = std::function<std::shared_ptr<service>()>;

  tester_core() = default;
  tester_core(const tester_core&) = delete;
  tester_core& operator=(const tester_core&) = delete;
  virtual ~tester_core() = default;

  // Topics
  virtual void need_topics(const declaration& of) = 0;
  virtual void need_topic(const topic_name& topic, bool compacted) = 0;
  virtual void create(const topic_name& topic, std::int32_t partitions,
                      const std::map<std::string, std::string>& config) = 0;
  virtual record_position emit(const topic_name& topic, partitioner by, bool to_table, std::string_view key,
                               std::optional<std::string_view> value, const emit_options& options) = 0;
  /// Of a table, what its topic says now.
  [[nodiscard]] virtual const std::map<std::string, std::string, std::less<>>& rows(const topic_name& topic) = 0;
  /// The next record at or after `from`, which has an entry a partition, merged by timestamp; nothing: none is there.
  [[nodiscard]] virtual std::optional<tested_bytes> next(const topic_name& topic, std::vector<corka::offset>& from) = 0;
  [[nodiscard]] virtual std::vector<tested_position> commits(const declaration& of) = 0;

  // Services and instances
  /// Returns the number that `find` knows it by.
  [[nodiscard]] virtual std::size_t add(const std::string& instance, making make) = 0;
  /// On an instance, or the first one that runs it. @throws tester_failure where it does not run.
  [[nodiscard]] virtual service& find(std::size_t number, const std::string& instance) = 0;
  virtual void start(const std::string& instance) = 0;
  virtual void stop(const std::string& instance) = 0;
  virtual void kill(const std::string& instance) = 0;
  virtual void connect(const std::string& instance, bool up) = 0;
  virtual void expire_sessions(const std::string& instance) = 0;
  virtual void lose_copies(const std::string& instance) = 0;
  virtual void corrupt_copies(const std::string& instance) = 0;
  [[nodiscard]] virtual bool runs(const std::string& instance) = 0;
  /// On the first one that runs, where the name is empty.
  virtual void run(const std::string& instance, task<> t) = 0;

  // Time and faults
  virtual void settle() = 0;
  virtual void advance(std::chrono::nanoseconds d) = 0;
  [[nodiscard]] virtual std::chrono::system_clock::time_point now() const = 0;
  virtual void set_reachable(bool reachable) = 0;
  virtual void fail_deliveries(const topic_name& topic, std::size_t n, std::error_code why) = 0;

  [[nodiscard]] virtual std::string story() const = 0;
  /// @throws tester_failure with the story.
  [[noreturn]] virtual void fail(const std::string& message) const = 0;
};

}  // namespace corka::detail
