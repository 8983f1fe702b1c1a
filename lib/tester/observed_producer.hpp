// A producer as the story tells of it.
#pragma once

#include "kafka/ports.hpp"
#include "tester/uplink.hpp"

#include <corka/task.hpp>

#include <map>
#include <memory>
#include <utility>

namespace corka::tester_parts {

/// Counts what is in flight, and fails what is to fail.
class observed_producer final : public kafka::producer {
 public:
  observed_producer(std::shared_ptr<kafka::producer> of, std::shared_ptr<uplink> by, executor control)
      : of_{std::move(of)}, by_{std::move(by)}, control_{std::move(control)} {}

  [[nodiscard]] task<std::shared_ptr<kafka::output_topic>> topic(topic_name name) override {
    return of_->topic(std::move(name));
  }
  [[nodiscard]] kafka::sink_id attach(std::shared_ptr<kafka::delivery_sink> sink) override;
  void detach(kafka::sink_id id) noexcept override;
  void send(const kafka::output_topic& to, const kafka::outgoing& what, kafka::sink_id sink,
            std::uint64_t tag) override;
  [[nodiscard]] bool congested() const noexcept override { return of_->congested(); }
  void hurry() noexcept override {
    if (!by_->severed) of_->hurry();
  }
  [[nodiscard]] task<> close(clock::time_point deadline) override { return of_->close(deadline); }

 private:
  class counted_sink;

  std::shared_ptr<kafka::producer> of_;
  std::shared_ptr<uplink> by_;
  executor control_;
  std::map<kafka::sink_id, std::shared_ptr<counted_sink>> sinks_;
};

}  // namespace corka::tester_parts
