// One librdkafka instance that several clients ask through.
#pragma once

#include "kafka/rdkafka/client.hpp"
#include "kafka/rdkafka/handle.hpp"

#include <corka/log.hpp>
#include <corka/task.hpp>

#include <memory>

namespace corka::kafka::rdkafka {

/// Hands out clients, each on its own strand with its own answers; nothing of one waits for another. What the instance
/// says unasked is heard once, here.
///
/// Life: lives until the last of its clients has gone. Threads: safe.
class shared_handle : public std::enable_shared_from_this<shared_handle> {
 public:
  static std::shared_ptr<shared_handle> make(std::shared_ptr<handle> h);
  shared_handle(const shared_handle&) = delete;
  shared_handle& operator=(const shared_handle&) = delete;
  ~shared_handle();

  /// One that has been started, for the strand `control`.
  [[nodiscard]] std::shared_ptr<client> client_on(executor control);

 private:
  struct audience;
  explicit shared_handle(std::shared_ptr<handle> h);

  std::shared_ptr<handle> handle_;
  std::shared_ptr<audience> audience_;
  std::shared_ptr<client> listener_;
};

}  // namespace corka::kafka::rdkafka
