// The groups of a broker.
#pragma once

#include "base/clock.hpp"
#include "kafka/embedded/group_fsm.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "kafka/ports.hpp"

#include <corka/log.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::embedded {

/// Carries what group_fsm decides to the members. Threads: safe.
class coordinator {
 public:
  /// Where a member hears of it. Called under the coordinator's lock, on any thread: enqueue and wake.
  struct inbox {
    virtual ~inbox() = default;
    virtual void deliver(const std::string& member, const group_fsm::action& what) = 0;
  };

  coordinator(clock& time, offset_store& offsets, logger log) : time_{time}, offsets_{offsets}, log_{std::move(log)} {}

  /// Returns the new member's id. @throws error{errc::invalid_option} where the group works in another way.
  std::string join(const member_options& options, std::int32_t partitions, std::shared_ptr<inbox> to);
  void leave(const group_name& group, const std::string& member);
  void accepted(const group_name& group, const std::string& member);
  void released(const group_name& group, const std::string& member, const std::vector<partition_id>& partitions);
  /// False: the group does not know it (any more).
  bool heartbeat(const group_name& group, const std::string& member);
  /// errc::not_assigned, with nothing committed, unless the member holds all of these numbers.
  [[nodiscard]] std::error_code commit(const group_name& group, const std::string& member,
                                       std::span<const position> positions);

  /// In the order of their ids.
  [[nodiscard]] std::vector<member_description> members(const group_name& group);
  /// The topic has more partitions: groups that share its numbers share the new ones too.
  void grown(const topic_name& driver, std::int32_t partitions);
  /// Ends the memberships of a client at once; how many there were.
  std::size_t expire(const group_name& group, std::string_view client_id);
  /// All sessions begin anew.
  void forgive();
  /// No group has members any more; they hear of it when they ask.
  void forget();

 private:
  struct group {
    group_fsm fsm;
    topic_name driver;
    struct seat {
      std::string client_id;
      std::weak_ptr<inbox> to;
    };
    std::map<std::string, seat> seats;
  };
  group* find(const group_name& name);
  void carry_out(group& g, const group_fsm::actions& actions);

  clock& time_;
  offset_store& offsets_;
  logger log_;
  std::mutex mutex_;
  std::map<group_name, group> groups_;
  std::uint64_t members_ = 0;
};

}  // namespace corka::kafka::embedded
