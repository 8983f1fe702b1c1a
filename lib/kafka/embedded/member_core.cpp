#include "kafka/embedded/member_core.hpp"

#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/faults.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace corka::kafka::embedded {

member_core::member_core(std::shared_ptr<broker> on, member_options options, executor control)
    : on_{std::move(on)},
      options_{std::move(options)},
      control_{control},
      check_{control},
      wake_{control},
      beat_{control, on_->time()},
      link_{on_->connect(options_.client_id, wake_.remote())} {}

void member_core::start() {
  boost::asio::co_spawn(control_, heartbeat_loop(shared_from_this()), boost::asio::detached);
}

void member_core::deliver(const std::string& member, const group_fsm::action& what) {
  {
    const std::lock_guard lock{mutex_};
    delivered_.emplace_back(member, what);
  }
  wake_.notify();
}

task<> member_core::heartbeat_loop(std::shared_ptr<member_core> self) {
  auto& my = *self;
  while (!my.closed_ && !my.failed_) {
    my.beat();
    co_await my.beat_.wait_for(my.options_.heartbeat_interval);
  }
}

void member_core::beat() {
  if (!link_->up()) return;
  if (!id_.empty()) {
    while (!unsent_.empty() && link_->up()) {
      auto first = std::move(unsent_.front());
      unsent_.pop_front();
      tell(std::move(first));
    }
    if (!on_->groups().heartbeat(options_.group, id_)) lose();
  }
  if (id_.empty() && held_.empty() && !lost_) join();
}

void member_core::join() {
  try {
    const auto driver = on_->topics().find(options_.driver);
    if (!driver) {
      throw error{errc::topic_unknown,
                  fmt::format("group '{}' cannot read topic '{}', which does not exist: create it, or "
                              "correct its name",
                              options_.group.str(), options_.driver.str())};
    }
    unsent_.clear();
    id_ = on_->groups().join(options_, driver->partitions(), shared_from_this());
  } catch (const error&) { failed_ = std::current_exception(); }
  wake_.notify();
}

void member_core::lose() {
  id_.clear();
  lost_ = true;
  wake_.notify();
}

task<member_event> member_core::next() {
  const auto self = shared_from_this();
  while (true) {
    if (auto event = take(); event) co_return std::move(*event);
    co_await wake_.wait();
  }
}

std::optional<member_event> member_core::take() {
  if (closed_) throw error{errc::stopped, fmt::format("member of group '{}' is closed", options_.group.str())};
  if (failed_) std::rethrow_exception(failed_);
  if (open_ != answer::none) return std::nullopt;
  if (const bool up = link_->up(); told_connected_ != up && (!up || !id_.empty())) {
    told_connected_ = up;
    if (up) beat();
    return connection_changed{up, up ? "" : "the embedded broker is away"};
  }
  if (!link_->up()) return std::nullopt;
  if (auto event = take_delivered(); event) return event;
  if (!lost_) return std::nullopt;
  if (!held_.empty()) {
    open_ = answer::release;
    asked_ = held_;
    return lost{{asked_.begin(), asked_.end()}};
  }
  lost_ = false;
  join();
  return std::nullopt;
}

std::optional<member_event> member_core::take_delivered() {
  const std::lock_guard lock{mutex_};
  while (!delivered_.empty()) {
    const auto [member, action] = std::move(delivered_.front());
    delivered_.pop_front();
    if (member != id_) continue;  // to an earlier membership
    if (const auto* give = std::get_if<group_fsm::give>(&action.what); give != nullptr) {
      open_ = answer::accept;
      held_.insert(give->partitions.begin(), give->partitions.end());
      return assigned{give->partitions};
    }
    if (const auto* take = std::get_if<group_fsm::take>(&action.what); take != nullptr) {
      open_ = answer::release;
      asked_ = {take->partitions.begin(), take->partitions.end()};
      return revoked{take->partitions, on_->time().now()};  // its next owner waits for nothing else
    }
    if (std::holds_alternative<group_fsm::fenced>(action.what)) {
      failed_ = std::make_exception_ptr(error{
          errc::duplicate_instance,
          fmt::format("group '{}' has another member with the instance id '{}', which took the place of this one: give "
                      "every member its own",
                      options_.group.str(), options_.instance_id)});
      std::rethrow_exception(failed_);
    }
    lose();
  }
  return std::nullopt;
}

void member_core::tell(request what) {
  if (id_.empty()) return;
  if (!link_->up()) {
    unsent_.push_back(std::move(what));
  } else if (const auto* released = std::get_if<std::vector<partition_id>>(&what); released != nullptr) {
    on_->groups().released(options_.group, id_, *released);
  } else {
    on_->groups().accepted(options_.group, id_);
  }
}

void member_core::accept() {
  check_("member::accept");
  if (open_ != answer::accept) return;
  open_ = answer::none;
  tell(std::monostate{});
  wake_.notify();
}

void member_core::release(const std::vector<partition_id>& partitions) {
  check_("member::release");
  if (open_ != answer::release) return;
  std::vector<partition_id> released;
  for (const auto p : partitions) {
    if (asked_.erase(p) == 0) continue;
    held_.erase(p);
    released.push_back(p);
  }
  tell(std::move(released));
  if (!asked_.empty()) return;
  open_ = answer::none;
  wake_.notify();
}

task<> member_core::commit_later(clock::duration wait) {
  struct place {
    explicit place(std::list<char>& q) : queue{q}, at{q.emplace(q.end())} {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { queue.erase(at); }
    std::list<char>& queue;
    std::list<char>::iterator at;
  } const own{commits_};
  if (wait > clock::duration::zero()) co_await async::sleep_for(on_->time(), wait);
  while (own.at != commits_.begin()) co_await async::sleep_for(on_->time(), std::chrono::milliseconds{1});
}

task<std::error_code> member_core::commit(std::vector<position> positions) {
  check_("member::commit");
  const auto self = shared_from_this();
  if (!link_->up()) co_return errc::broker_unavailable;
  if (closed_ || failed_ || id_.empty()) co_return errc::not_assigned;
  for (const auto& p : positions) {
    const auto topic = on_->topics().find(p.where.topic);
    if (!topic || !topic->has(p.where.partition)) co_return errc::topic_unknown;
  }
  // As the request was sent, whatever becomes of the membership while it is under way.
  const auto id = id_;
  fault_plan::commit fate;
  auto* const plan = on_->faults();
  if (plan != nullptr) fate = plan->committing(options_.group);
  if (plan != nullptr) co_await commit_later(fate.later);
  if (!link_->up() || (fate.failed && !fate.kept)) co_return fate.failed ? fate.failed : errc::broker_unavailable;
  const auto call = [this, &id, &positions, plan]() -> std::error_code {
    try {
      const auto refused = on_->groups().commit(options_.group, id, positions);
      if (!refused && plan != nullptr) plan->committed(options_.group, id, positions);
      return refused;
    } catch (const error& e) {
      on_->tell_failure(e.what());
      return errc::broker_unavailable;  // its disk did not take it; it may the next time
    }
  };
  if (on_->options().fsync) co_return co_await async::blocking(on_->threads(), call);
  const auto result = call();
  co_return fate.failed ? fate.failed : result;
}

std::vector<std::optional<offset>> member_core::committed(const std::vector<topic_partition>& of) {
  if (!link_->up()) {
    throw error{
        errc::broker_unavailable,
        fmt::format("committed offsets of group '{}': the embedded broker is away: try again", options_.group.str())};
  }
  return on_->offsets().committed(options_.group, of);
}

void member_core::close() {
  if (closed_) return;
  if (!id_.empty() && link_->up()) on_->groups().leave(options_.group, id_);
  drop();
}

void member_core::drop() noexcept {
  closed_ = true;
  beat_.cancel();
  wake_.notify();
}

}  // namespace corka::kafka::embedded
