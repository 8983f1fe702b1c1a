// Who hears of which delivery.
#pragma once

#include "kafka/ports.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace corka::kafka::rdkafka {

/// The sinks of one producer, by id. Threads: safe.
class delivery_sinks {
 public:
  /// @throws error{errc::invalid_option} when 65,535 are attached.
  [[nodiscard]] sink_id attach(std::shared_ptr<delivery_sink> sink);
  void detach(sink_id id) noexcept;
  [[nodiscard]] std::shared_ptr<delivery_sink> find(sink_id id) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<delivery_sink>> by_id_;
  std::size_t last_ = 0;
};

/// A record's sink and tag in the one pointer that librdkafka gives back with it.
struct delivery_key {
  sink_id sink = 0;
  std::uint64_t tag = 0;

  [[nodiscard]] void* packed() const noexcept;
  [[nodiscard]] static delivery_key of(const void* packed) noexcept;
};

}  // namespace corka::kafka::rdkafka
