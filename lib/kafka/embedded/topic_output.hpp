// A topic to write to, on the embedded broker.
#pragma once

#include "kafka/embedded/frame.hpp"
#include "kafka/embedded/topic.hpp"
#include "kafka/ports.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace corka::kafka::embedded {

/// A frame under construction, and who wants to hear of its records.
struct outgoing_batch {
  struct entry {
    std::uint64_t tag;
    std::uint32_t bytes;
    sink_id sink;
  };
  frame_builder frame;
  std::vector<entry> entries;
};

/// A producer's records for one partition that are not in the log yet. Everything under `mutex`.
struct accumulator {
  std::mutex mutex;
  hosted_partition* partition = nullptr;
  topic_name topic;
  partition_id number;
  std::vector<std::unique_ptr<outgoing_batch>> full;  ///< oldest first
  std::unique_ptr<outgoing_batch> open;               ///< after those
  bool listed = false;                                ///< the producer knows that there is something
};

/// One accumulator a partition, of those that there were when the topic was opened: keys keep their places.
class topic_output final : public output_topic {
 public:
  explicit topic_output(std::shared_ptr<embedded::topic> to)
      : accumulators_(static_cast<std::size_t>(to->partitions())), topic_{std::move(to)} {
    for (std::int32_t p = 0; p < partitions(); ++p) {
      auto& own = at(partition_id{p});
      own.partition = &topic_->at(partition_id{p});
      own.topic = topic_->name();
      own.number = partition_id{p};
    }
  }
  [[nodiscard]] const topic_name& topic() const noexcept override { return topic_->name(); }
  [[nodiscard]] std::int32_t partitions() const noexcept override {
    return static_cast<std::int32_t>(accumulators_.size());
  }
  [[nodiscard]] embedded::topic& target() const noexcept { return *topic_; }
  [[nodiscard]] accumulator& at(partition_id p) const noexcept {
    return accumulators_[static_cast<std::size_t>(p.value)];
  }

 private:
  mutable std::vector<accumulator> accumulators_;
  std::shared_ptr<embedded::topic> topic_;
};

}  // namespace corka::kafka::embedded
