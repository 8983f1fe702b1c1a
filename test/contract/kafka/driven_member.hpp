// A group member that answers by itself, and says what happened.
#pragma once

#include "contract/kafka/transport_user.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace corka::test {

/// Who holds which number, across the members of a case: two holders at once are a failure.
class ownership {
 public:
  void taken(const std::string& member, const std::vector<partition_id>& partitions);
  void given_back(const std::string& member, const std::vector<partition_id>& partitions);
  /// Forgets a member that was killed.
  void dead(const std::string& member);
  [[nodiscard]] std::set<std::int32_t> of(const std::string& member) const;
  [[nodiscard]] std::size_t owned() const { return owner_.size(); }
  /// How often a number came to a member that did not have it before.
  [[nodiscard]] int moves() const { return moves_; }
  void forget_moves() { moves_ = 0; }
  /// Two members at once are right for once: a member that was fenced off does not know it yet.
  void allow_two() { two_allowed_ = true; }

 private:
  std::map<std::int32_t, std::string> owner_;
  std::map<std::int32_t, std::string> last_owner_;
  int moves_ = 0;
  bool two_allowed_ = false;
};

/// Runs a member's events from construction on: accepts at once, and gives back at once unless told to hold.
///
/// Life: `close` or `kill` before destruction.
class driven_member {
 public:
  driven_member(transport_user& u, ownership& book, std::string name, kafka::member_options options);
  driven_member(const driven_member&) = delete;
  driven_member& operator=(const driven_member&) = delete;
  ~driven_member();

  [[nodiscard]] kafka::member& get() { return *member_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::set<std::int32_t> owned() const { return book_.of(name_); }
  /// "+0 +1", "-0", "lost 0 1": what was assigned, revoked, lost, in order.
  [[nodiscard]] const std::vector<std::string>& history() const { return state_->history; }
  void forget_history() { state_->history.clear(); }
  [[nodiscard]] bool connected() const { return state_->connected; }
  /// What ended `next`, if anything did.
  [[nodiscard]] std::optional<errc> ended() const { return state_->ended; }

  /// From now on revoked numbers are kept until `let_go`.
  void hold() { state_->holding = true; }
  [[nodiscard]] bool asked_back() const { return state_->held_back.has_value(); }
  void let_go();

  [[nodiscard]] std::error_code commit(const topic_name& topic, std::int32_t partition, std::int64_t next);
  [[nodiscard]] std::optional<std::int64_t> committed(const topic_name& topic, std::int32_t partition);

  void close();
  /// Ends without leaving, as a process that was killed.
  void kill();

 private:
  struct state {
    std::vector<std::string> history;
    bool connected = false;
    std::optional<errc> ended;
    bool loop_done = false;
    bool holding = false;
    std::optional<std::vector<partition_id>> held_back;
  };
  static task<> drive(driven_member* self, std::shared_ptr<state> s);
  void give_back(const std::vector<partition_id>& partitions);

  transport_user& u_;
  ownership& book_;
  std::string name_;
  kafka::member_options options_;
  std::unique_ptr<kafka::member> member_;
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

}  // namespace corka::test
