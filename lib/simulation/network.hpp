// The way between the instances of a simulation and their broker.
#pragma once

#include "base/dice.hpp"
#include "base/virtual_clock.hpp"
#include "kafka/embedded/faults.hpp"
#include "simulation/plan.hpp"
#include "simulation/simulated_disk.hpp"
#include "simulation/truth.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace corka::simulation_parts {

/// Never quite the same, worse while faults are on, and a witness of what the broker does.
class network final : public kafka::embedded::fault_plan {
 public:
  network(dice by, truth& what, const simulated_disk& disk) : by_{by}, truth_{what}, disk_{disk} {}

  /// Faults of a kind may overlap.
  void begin(fault_kind k) { ++on_[k]; }
  void end(fault_kind k) { --on_[k]; }

  [[nodiscard]] fetch fetching(const topic_partition& where) override;
  [[nodiscard]] write writing(const topic_partition& where, std::size_t records) override;
  [[nodiscard]] commit committing(const group_name& group) override;

  [[nodiscard]] bool crashed() const override { return disk_.stopped(); }
  void writes(const topic_partition& where, const std::string& client) override { truth_.writes(where, client); }
  void sent(const topic_partition& where, std::string_view key, std::string_view value,
            const std::string& client) override {
    truth_.sent(where, key, value, client);
  }
  void written(const topic_partition& where, offset first, std::size_t records, const std::string& client) override {
    truth_.written(where, first.value, records, client);
  }
  void acknowledged(const topic_partition& where, offset first, std::size_t records) override {
    truth_.acknowledged(where, first.value, records);
  }
  void committed(const group_name& group, const std::string& member, std::span<const kafka::position> what) override;

 private:
  [[nodiscard]] bool is_on(fault_kind k) const {
    const auto found = on_.find(k);
    return found != on_.end() && found->second > 0;
  }

  dice by_;
  truth& truth_;
  const simulated_disk& disk_;
  std::map<fault_kind, int> on_;
};

}  // namespace corka::simulation_parts
