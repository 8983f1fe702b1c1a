// A consumer group's coordinator, as a machine.
#pragma once

#include "base/clock.hpp"

#include <corka/ids.hpp>
#include <corka/membership.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace corka::kafka::embedded {

/// Decides who holds which partition number. No I/O, no clock: time comes with the calls.
///
/// A number has one holder at a time: it is given on only after its holder released it, or was expired. Every event to
/// a member is answered (accepted, released) before the next one is made for it. Leases move by themselves, the fewest
/// possible; `range` takes everything back first, then deals anew.
class group_fsm {
 public:
  /// Answered by `accepted`.
  struct give {
    std::vector<partition_id> partitions;
  };
  /// Answered by `released`.
  struct take {
    std::vector<partition_id> partitions;
  };
  /// No member any more; may join again.
  struct expired {
    std::string_view why;
  };
  /// Another member has the same instance id.
  struct fenced {};
  struct action {
    std::string member;
    std::variant<give, take, expired, fenced> what;
  };
  using actions = std::vector<action>;

  struct newcomer {
    std::string id;        ///< never used before
    std::string instance;  ///< empty: not static
    std::chrono::milliseconds session_timeout{};
    std::chrono::milliseconds max_poll_interval{};
  };

  /// `range` deals ranges, everything else leases.
  group_fsm(corka::membership protocol, std::int32_t partitions) : protocol_{protocol}, partitions_{partitions} {}

  [[nodiscard]] actions join(const newcomer& who, clock::time_point now);
  /// A static member stays, silent, until its session ends or it joins again.
  [[nodiscard]] actions leave(const std::string& member, clock::time_point now);
  [[nodiscard]] actions accepted(const std::string& member, clock::time_point now);
  [[nodiscard]] actions released(const std::string& member, const std::vector<partition_id>& partitions,
                                 clock::time_point now);
  [[nodiscard]] actions heartbeat(const std::string& member, clock::time_point now);
  /// Ends a membership at once.
  [[nodiscard]] actions expire(const std::string& member, clock::time_point now, std::string_view why);
  /// There are more numbers to be shared.
  [[nodiscard]] actions grow(std::int32_t partitions, clock::time_point now);
  /// Sessions begin anew: nobody could be heard.
  void forgive(clock::time_point now);

  [[nodiscard]] bool knows(const std::string& member) const { return members_.contains(member); }
  [[nodiscard]] bool holds(const std::string& member, partition_id p) const;
  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] corka::membership protocol() const { return protocol_; }
  [[nodiscard]] std::vector<std::string> members() const;
  struct described {
    std::string id;
    std::string instance;
    std::set<partition_id> held;
  };
  /// In the order of the ids.
  [[nodiscard]] std::vector<described> describe() const;

 private:
  enum class asked { nothing, accept, release };
  struct member {
    newcomer about;
    std::set<partition_id> held;
    std::set<partition_id> target;
    asked open = asked::nothing;
    std::set<partition_id> taken;  ///< not released yet, while `open` is release
    clock::time_point asked_at;
    clock::time_point heard;
    bool silent = false;  ///< static and closed: its numbers wait for its next life
  };

  void expire_silent(const std::string& except, clock::time_point now, actions& out);
  /// Deals anew after members changed, and makes the events that are due.
  void rebalance(clock::time_point now, actions& out);
  void settle(clock::time_point now, actions& out);
  void settle_leases(clock::time_point now, actions& out);
  void settle_range(clock::time_point now, actions& out);
  void ask_back(member& m, std::set<partition_id> partitions, clock::time_point now, actions& out) const;
  void hand_out(member& m, std::set<partition_id> partitions, clock::time_point now, actions& out) const;
  [[nodiscard]] bool is_free(partition_id p) const;
  /// In the order of instance ids, then of member ids, as Kafka's range assignor has it.
  [[nodiscard]] std::vector<member*> in_order();

  corka::membership protocol_;
  std::int32_t partitions_;
  std::map<std::string, member> members_;
  bool dealing_ = false;  ///< range: everything is asked back, and nothing dealt yet
};

}  // namespace corka::kafka::embedded
