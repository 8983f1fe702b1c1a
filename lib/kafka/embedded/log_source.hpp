// Reads a partition of the embedded broker.
#pragma once

#include "base/clock.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/embedded/link.hpp"
#include "kafka/embedded/topic.hpp"
#include "kafka/ports.hpp"

#include <memory>

namespace corka::kafka::embedded {

/// Hands out views into the log's segments: nothing is copied, nothing is buffered. Locks are taken only at the ends of
/// segments. A topic that does not exist yet is errc::topic_unknown until it does.
class log_source final : public record_source {
 public:
  log_source(std::shared_ptr<broker> on, std::shared_ptr<link> by, topic_partition where, offset from,
             async::signal::notifier arrived);
  log_source(const log_source&) = delete;
  log_source& operator=(const log_source&) = delete;
  ~log_source() override;

  bool poll(batch_limit limit, record_batch& into) override;
  [[nodiscard]] offset_range known_range() const noexcept override;

 private:
  class holder;
  /// Rings when a fetch that a fault plan holds up may go on.
  struct hold_up final : clock::alarm {
    explicit hold_up(log_source& s) : of{s} {}
    void ring() override;
    log_source& of;
    bool waiting = false;
    bool over = false;  ///< the next fetch has waited already
  };
  void bind();
  [[nodiscard]] bool held_up(fault_plan& plan, batch_limit& limit);
  [[nodiscard]] bool enter_segment();
  void enter_frame();
  void read_frame(batch_limit limit, record_batch& into, holder& keep);

  std::shared_ptr<broker> on_;
  std::shared_ptr<link> by_;
  topic_partition where_;
  std::shared_ptr<topic> topic_;
  hosted_partition* partition_ = nullptr;
  hosted_partition::waiter waiter_;

  hold_up hold_up_{*this};

  std::int64_t next_;
  std::shared_ptr<const segment> segment_;
  std::size_t at_ = 0;  // in segment_: the frame after the present one
  frame_header frame_;  // the present one, while `p_` is before its end
  const char* p_ = nullptr;
  const char* frame_end_ = nullptr;
};

}  // namespace corka::kafka::embedded
