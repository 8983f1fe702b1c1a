// The producer of the embedded broker.
#pragma once

#include "kafka/embedded/producer_core.hpp"
#include "kafka/ports.hpp"

#include <memory>
#include <utility>

namespace corka::kafka::embedded {

/// What users hold; the core behind it lives until its coroutines have ended.
class embedded_producer final : public producer {
 public:
  explicit embedded_producer(std::shared_ptr<producer_core> core) : core_{std::move(core)} { core_->start(); }
  embedded_producer(const embedded_producer&) = delete;
  embedded_producer& operator=(const embedded_producer&) = delete;
  ~embedded_producer() override { core_->abandon(); }

  [[nodiscard]] task<std::shared_ptr<output_topic>> topic(topic_name name) override { co_return core_->topic(name); }
  [[nodiscard]] sink_id attach(std::shared_ptr<delivery_sink> sink) override { return core_->attach(std::move(sink)); }
  void detach(sink_id id) noexcept override { core_->detach(id); }
  void send(const output_topic& to, const outgoing& what, sink_id sink, std::uint64_t tag) override {
    core_->send(static_cast<const topic_output&>(to), what, sink, tag);  // what topic() of this producer gave
  }
  [[nodiscard]] bool congested() const noexcept override { return core_->congested(); }
  void hurry() noexcept override { core_->hurry(); }
  [[nodiscard]] task<> close(clock::time_point deadline) override { return core_->close(deadline); }

 private:
  std::shared_ptr<producer_core> core_;
};

}  // namespace corka::kafka::embedded
