// A group member on the embedded broker.
#pragma once

#include "kafka/embedded/log_source.hpp"
#include "kafka/embedded/member_core.hpp"
#include "kafka/ports.hpp"

#include <memory>
#include <utility>

namespace corka::kafka::embedded {

/// What users hold. Destroyed without `close` it is gone as a killed process is: its session has to end first.
class embedded_member final : public member {
 public:
  explicit embedded_member(std::shared_ptr<member_core> core) : core_{std::move(core)} { core_->start(); }
  embedded_member(const embedded_member&) = delete;
  embedded_member& operator=(const embedded_member&) = delete;
  ~embedded_member() override { core_->drop(); }

  [[nodiscard]] std::unique_ptr<record_source> open(const topic_partition& where, offset from,
                                                    async::signal::notifier arrived) override {
    return std::make_unique<log_source>(core_->on(), core_->way(), where, from, std::move(arrived));
  }
  [[nodiscard]] task<member_event> next() override { return core_->next(); }
  [[nodiscard]] std::string id() const override { return core_->id(); }
  [[nodiscard]] task<std::vector<std::optional<offset>>> committed(std::vector<topic_partition> of) override {
    co_return core_->committed(of);
  }
  // Reading costs nothing to begin here, so `starts` has nothing to prepare.
  void accept(const assigned&, const std::vector<position>&) override { core_->accept(); }
  void release(const std::vector<partition_id>& partitions) override { core_->release(partitions); }
  [[nodiscard]] task<std::error_code> commit(std::vector<position> positions) override {
    return core_->commit(std::move(positions));
  }
  [[nodiscard]] task<> close(clock::time_point) override {
    core_->close();
    co_return;
  }

 private:
  std::shared_ptr<member_core> core_;
};

}  // namespace corka::kafka::embedded
