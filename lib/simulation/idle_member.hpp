// A member that takes partitions and does nothing with them.
#pragma once

#include "kafka/ports.hpp"

#include <corka/service.hpp>

#include <chrono>
#include <utility>

namespace corka::simulation_parts {

/// Joins a group for some time, answers what it is asked, and leaves.
class idle_member final : public service {
 public:
  idle_member(kafka::member_options options, std::chrono::milliseconds stays)
      : options_{std::move(options)}, stays_{stays} {}

  [[nodiscard]] task<> run(runtime& on) override;
  /// It leaves by itself.
  void stop() noexcept override {}

 private:
  kafka::member_options options_;
  std::chrono::milliseconds stays_;
};

}  // namespace corka::simulation_parts
