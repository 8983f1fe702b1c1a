// One librdkafka client instance.
#pragma once

#include "async/execution.hpp"
#include "kafka/rdkafka/config.hpp"

#include <corka/log.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace corka::kafka::rdkafka {

/// Owns an rd_kafka_t. Everything that refers to it (queues, messages, topics) keeps it by shared_ptr and is gone
/// before it.
///
/// Life: the last owner's end starts the destruction on the blocking pool, as it can take a second, and without leaving
/// the group, which group_member::close does; where that has begun (`leaves`) and ran out of time, the destruction
/// waits for its end. Threads: safe.
class handle {
 public:
  /// @throws error{errc::invalid_option} where settings do not fit together.
  static std::shared_ptr<handle> make(config settings, async::execution& where, logger log);
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle();

  [[nodiscard]] rd_kafka_t* get() const noexcept { return rk_.get(); }
  [[nodiscard]] const logger& log() const noexcept { return *log_; }
  [[nodiscard]] async::execution& where() const noexcept { return where_; }
  /// From now on the group is being left (rd_kafka_consumer_close_queue).
  void leaves() noexcept { *leaving_ = true; }

 private:
  handle(async::execution& where, std::unique_ptr<logger> log) : where_{where}, log_{std::move(log)} {}

  async::execution& where_;
  std::shared_ptr<const logger> log_;  // librdkafka's opaque: lives until rk_ is destroyed
  std::shared_ptr<std::atomic<bool>> leaving_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<rd_kafka_t> rk_;
};

}  // namespace corka::kafka::rdkafka
