// A group member, and what it reads, as the story tells of them.
#pragma once

#include "kafka/ports.hpp"
#include "tester/uplink.hpp"

#include <corka/error.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace corka::tester_parts {

class observed_source final : public kafka::record_source {
 public:
  observed_source(std::unique_ptr<kafka::record_source> of, std::shared_ptr<uplink> by, topic_partition where)
      : of_{std::move(of)}, by_{std::move(by)}, where_{std::move(where)} {}
  bool poll(kafka::batch_limit limit, kafka::record_batch& into) override;
  [[nodiscard]] offset_range known_range() const noexcept override { return of_->known_range(); }

 private:
  std::unique_ptr<kafka::record_source> of_;
  std::shared_ptr<uplink> by_;
  topic_partition where_;
};

class observed_member final : public kafka::member {
 public:
  observed_member(std::unique_ptr<kafka::member> of, std::shared_ptr<uplink> by, const group_name& group)
      : of_{std::move(of)}, by_{std::move(by)}, group_{group.str()} {}

  [[nodiscard]] std::unique_ptr<kafka::record_source> open(const topic_partition& where, offset from,
                                                           async::signal::notifier arrived) override {
    return std::make_unique<observed_source>(of_->open(where, from, std::move(arrived)), by_, where);
  }
  [[nodiscard]] task<kafka::member_event> next() override;
  [[nodiscard]] std::string id() const override { return of_->id(); }
  [[nodiscard]] task<std::vector<std::optional<offset>>> committed(std::vector<topic_partition> of) override {
    return of_->committed(std::move(of));
  }
  void accept(const kafka::assigned& event, const std::vector<kafka::position>& starts) override;
  void release(const std::vector<partition_id>& partitions) override;
  [[nodiscard]] task<std::error_code> commit(std::vector<kafka::position> positions) override;
  [[nodiscard]] task<> close(clock::time_point deadline) override;

 private:
  std::unique_ptr<kafka::member> of_;
  std::shared_ptr<uplink> by_;
  std::string group_;
};

}  // namespace corka::tester_parts
