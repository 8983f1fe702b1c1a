// The working part of a group member on the embedded broker.
#pragma once

#include "async/signal.hpp"
#include "async/strand_check.hpp"
#include "async/timer.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/link.hpp"
#include "kafka/ports.hpp"

#include <deque>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace corka::kafka::embedded {

/// Joins, heartbeats, and turns what the coordinator says into the member's events, one at a time; joins again after
/// its membership was lost and everything was released.
///
/// Strand: control; `deliver` any thread. Life: kept by its heartbeat until `close` or `drop`.
class member_core final : public coordinator::inbox, public std::enable_shared_from_this<member_core> {
 public:
  member_core(std::shared_ptr<broker> on, member_options options, executor control);
  void start();

  [[nodiscard]] task<member_event> next();
  void accept();
  void release(const std::vector<partition_id>& partitions);
  [[nodiscard]] task<std::error_code> commit(std::vector<position> positions);
  [[nodiscard]] std::vector<std::optional<offset>> committed(const std::vector<topic_partition>& of);
  /// Leaves at once: nothing here takes time.
  void close();
  /// Ends without a word, as a process that was killed: the broker notices after the session timeout.
  void drop() noexcept;

  void deliver(const std::string& member, const group_fsm::action& what) override;
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const std::shared_ptr<broker>& on() const noexcept { return on_; }
  [[nodiscard]] const std::shared_ptr<link>& way() const noexcept { return link_; }

 private:
  enum class answer { none, accept, release };
  using request = std::variant<std::monostate, std::vector<partition_id>>;  // accepted, released

  /// Waits as a fault plan says, and for the commits before this one: requests of a member do not overtake each other.
  [[nodiscard]] task<> commit_later(clock::duration wait);
  static task<> heartbeat_loop(std::shared_ptr<member_core> self);
  void beat();
  void join();
  void lose();
  /// The next event that may be handed out now. @throws what ends the membership.
  [[nodiscard]] std::optional<member_event> take();
  [[nodiscard]] std::optional<member_event> take_delivered();
  /// To the coordinator, or kept until it can be reached.
  void tell(request what);

  std::shared_ptr<broker> on_;
  member_options options_;
  executor control_;
  async::strand_check check_;
  async::signal wake_;
  async::timer beat_;
  std::shared_ptr<link> link_;

  std::string id_;  // of the present membership; empty: none
  bool lost_ = false;
  bool closed_ = false;
  std::exception_ptr failed_;
  std::optional<bool> told_connected_;
  answer open_ = answer::none;
  std::set<partition_id> asked_;  // not answered yet
  std::set<partition_id> held_;
  std::deque<request> unsent_;
  std::list<char> commits_;  // that wait, in their order

  std::mutex mutex_;
  std::deque<std::pair<std::string, group_fsm::action>> delivered_;
};

}  // namespace corka::kafka::embedded
