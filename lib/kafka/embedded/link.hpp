// A client's way to the broker.
#pragma once

#include "async/signal.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace corka::kafka::embedded {

/// Up, unless the broker or this client was made unreachable. Threads: safe.
class link {
 public:
  link(std::string client_id, async::signal::notifier changed)
      : client_id_{std::move(client_id)}, changed_{std::move(changed)} {}

  [[nodiscard]] const std::string& client_id() const noexcept { return client_id_; }
  [[nodiscard]] bool up() const noexcept { return broker_up_ && client_up_; }

  void set_broker_up(bool up) noexcept {
    broker_up_ = up;
    changed_();
  }
  void set_client_up(bool up) noexcept {
    client_up_ = up;
    changed_();
  }

 private:
  std::string client_id_;
  async::signal::notifier changed_;
  std::atomic<bool> broker_up_{true};
  std::atomic<bool> client_up_{true};
};

}  // namespace corka::kafka::embedded
