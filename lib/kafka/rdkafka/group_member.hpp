// Membership of a Kafka consumer group.
#pragma once

#include "async/event.hpp"
#include "kafka/ports.hpp"
#include "kafka/rdkafka/client.hpp"
#include "kafka/rdkafka/fetcher.hpp"

#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::rdkafka {

/// A member with two librdkafka handles: one that is in the group and fetches nothing, and one that fetches and is in
/// no group.
///
/// One handle would do for both but for this: while a rebalance event waits for its answer, librdkafka pauses every
/// partition that the handle has assigned and throws away what it has fetched (rd_kafka_rebalance_op_incr). Kept
/// partitions would stand still, and so would a revoked one that is to be processed until shortly before the answer.
/// Moreover any (un)assign call made meanwhile counts as the answer. So the group's handle is always answered with
/// empty assignments, and who fetches what is decided here.
class group_member final : public member {
 public:
  /// `asked` tells of topics; it is this member's own.
  group_member(member_options options, std::shared_ptr<handle> group, std::shared_ptr<fetch_lines> fetch,
               std::shared_ptr<client> asked, executor control);
  group_member(const group_member&) = delete;
  group_member& operator=(const group_member&) = delete;
  ~group_member() override;

  [[nodiscard]] task<member_event> next() override;
  [[nodiscard]] std::string id() const override;
  [[nodiscard]] task<std::vector<std::optional<offset>>> committed(std::vector<topic_partition> of) override;
  void accept(const assigned& event, const std::vector<position>& starts) override;
  void release(const std::vector<partition_id>& partitions) override;
  [[nodiscard]] task<std::error_code> commit(std::vector<position> positions) override;
  [[nodiscard]] task<> close(clock::time_point deadline) override;
  [[nodiscard]] std::unique_ptr<record_source> open(const topic_partition& where, offset from,
                                                    async::signal::notifier arrived) override;
  void topic_is(const topic_name& topic, std::string_view id) override;

 private:
  /// A rebalance event of librdkafka's that waits for its answer.
  struct question {
    bool assigns = false;
    std::set<partition_id> open;  // not released yet
  };

  /// What `next` hands out. Shared with the coroutine that waits in `next`, which may outlive the member.
  struct inbox {
    explicit inbox(const executor& ex) : changed{ex} {}

    std::deque<member_event> events;
    std::exception_ptr ended;
    async::event changed;
  };

  [[nodiscard]] static task<member_event> take(std::shared_ptr<inbox> from);
  void subscribe();
  void on_event(rd_kafka_event_t* e);
  void on_rebalance(rd_kafka_event_t* e);
  void on_error(rd_kafka_event_t* e);
  void on_tick();
  [[nodiscard]] std::vector<partition_id> completed_by(const rd_kafka_topic_partition_list_t* list);
  [[nodiscard]] std::vector<partition_id> broken_by(const rd_kafka_topic_partition_list_t* list);
  void answer(bool assigns);
  void report(member_event e);
  void end(std::exception_ptr why);
  void set_connected(bool connected, const std::string& reason);
  void probe();
  void check_topics();
  void nudge();

  member_options options_;
  std::vector<topic_name> topics_;  // subscribed to
  std::shared_ptr<client> client_;
  std::shared_ptr<client> asked_;
  std::shared_ptr<fetcher> fetcher_;
  std::shared_ptr<inbox> inbox_;

  std::optional<question> question_;
  std::set<partition_id> leases_;
  std::map<partition_id, std::size_t> topics_with_;  // how many of the subscribed topics the group has given us of each
  bool joined_ = false;                              // the first assignment was reported, even if it is empty

  std::optional<bool> connected_;  // as reported; nothing before the first answer or failure
  std::string worry_;              // the last bad news, until there is good
  bool probing_ = false;
  clock::time_point next_probe_{};
  bool topics_doubted_ = false;
  bool checking_topics_ = false;

  bool closing_ = false;
  async::event closed_;
};

}  // namespace corka::kafka::rdkafka
