#include "processor/group_session.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "kafka/announcement.hpp"
#include "processor/retrying.hpp"
#include "processor/starting_points.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace corka::processor_parts {

namespace {
/// How long a topic that was deleted while it was in use may take to come back.
constexpr std::chrono::seconds wait_for_topics{60};
}  // namespace

group_session::group_session(const declaration& group, const processor_options& options, runtime_core& core,
                             executor control, std::uint32_t renewals, async::wake_list& changed)
    : group_{group},
      options_{options},
      core_{core},
      control_{control},
      log_{core.log.named(group.name.str())},
      held_{env_, core, control, for_partitions()},
      committer_{control, core.threads->time(), log_,
                 [this](const std::vector<kafka::position>& done) { held_.committed(done); },
                 [this] { return watch_.look(*admin_); }},
      lookups_{group, control, [this](std::exception_ptr why) { fail(std::move(why)); }},
      joins_{control, core.threads->time(), env_, held_, topics_, log_},
      standbys_{control, core, env_, topics_, log_},
      watch_{control,
             core.threads->time(),
             group,
             topics_,
             log_,
             [this](const topic_changes& changes) {
               renew(changes.renewed.empty()
                         ? "an input has grown"
                         : fmt::format("topic '{}' was deleted and made again", changes.renewed.front().str()),
                     changes.renewed);
             }},
      events_{control},
      hasteners_{control},
      ending_{control},
      renewals_{renewals},
      changed_{changed},
      started_{core.threads->time().now()} {}

group_session::~group_session() = default;

task<> group_session::run() {
  // Ends by `stop` only: a cancelled coroutine could not await the end of its partitions.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  events_.spawn(handle_events());
  while (!ends()) co_await ending_.wait();
  co_await shut_down();
  enter(failure_ ? processor_state::failed : renewed() ? processor_state::starting : processor_state::idle);
  if (failure_) std::rethrow_exception(failure_);
}

void group_session::stop() noexcept {
  ++stops_;
  departure_->stopped = true;
  ending_.notify();
}

void group_session::fail(std::exception_ptr why) {
  if (!failure_) failure_ = std::move(why);
  departure_->failed = true;
  ending_.notify();
}

// Everything that refers to the topics as they were ends with this session; the next one finds them as they are.
void group_session::renew(std::string_view why, const std::vector<topic_name>& dropped) {
  for (const auto& topic : dropped) committer_.dropped(topic);
  if (std::exchange(renewed_, true)) return;
  departure_->renewed = true;
  log_.warn(fmt::format("{}: leaving the group and beginning anew with the topics as they are", why));
  ending_.notify();
}

held_partitions::callbacks group_session::for_partitions() {
  return {[this](std::exception_ptr why) { fail(std::move(why)); },
          [this](const error& e) {
            std::vector<topic_name> dropped;
            if (e.where()) dropped.push_back(e.where()->topic);
            renew(e.what(), dropped);
          },
          [this](partition_id number) { return start_again(number); }};
}

// The start.

task<> group_session::connect() {
  if (group_.table || !group_.joins.empty() || !group_.lookups.empty())
    cabinet_.emplace(core_, group_.name, control_, options_.store_linger, log_);
  admin_ = core_.cluster->make_admin(control_);
  env_.group = &group_;
  env_.options = &options_;
  env_.threads = core_.threads.get();
  env_.recovery_memory = &core_.recovery_memory;
  env_.changed = &changed_;
  env_.log = core_.log;
  env_.ask = inquiry_by(admin_, control_);
  if (env_.reads_joins_aside()) env_.joins_aside = core_.cluster->reader(group_.name.str() + "-joins", control_);
  env_.producer = core_.cluster->make_producer(producer_options_of(group_, options_), control_);

  async::backoff wait{retry_first, retry_most};
  for (std::uint32_t i = 0; i < renewals_; ++i) (void)wait.next();
  if (renewals_ > 0) co_await async::sleep_for(time(), wait.next());
  const auto patience = time().now() + (renewals_ > 0 ? wait_for_topics : clock::duration{0});
  while (true) {
    std::string why;
    try {
      topics_ = co_await ensure_group_topics(*admin_, group_, options_, log_);
      partitions_total_ = topics_.partitions;
      env_.erasures_kept = topics_.erasures_kept;
      co_await open_outputs(env_);
      break;
    } catch (const error& e) {
      // A topic that was deleted beneath us may be about to be made again.
      const bool may_come = e.kind() == errc::topic_unknown && time().now() < patience;
      if (!may_pass(e.kind()) && !may_come) throw;
      why = e.what();
    }
    log_.warn(fmt::format("waiting for the cluster: {}", why));
    co_await async::sleep_for(time(), wait.next());
  }
  if (!group_.lookups.empty()) {
    // Before the group gives us partitions: whoever has some has all that their callbacks read.
    lookups_.start(core_, admin_, cabinet_->folder(), env_, control_, log_);
    co_await lookups_.ready();
  }
  if (options_.recover_ahead && cabinet_) co_await standbys_.recover_all(*cabinet_);
  auto joining = member_options_of(env_);
  joining.client_id = kafka::client_id_of(group_.name, core_.advertise);
  member_ = core_.cluster->join(std::move(joining), control_);
}

// Membership.

task<> group_session::handle_events() {
  try {
    co_await connect();
    committer_.start(*member_);
    joins_.start(*admin_);
    watch_.start(*admin_, options_.topic_check_interval);
    if (cabinet_) standbys_.start(*admin_, *member_, *cabinet_);
    enter(processor_state::running);
    while (true) {
      auto event = co_await member_->next();
      co_await handle_event(std::move(event));
    }
  } catch (const error& e) {
    if (ends()) co_return;
    if (member_ && e.kind() == errc::topic_unknown) renew(e.what(), {});
    else fail(std::current_exception());
  } catch (...) {
    // Also when `shut_down` cancels this, which is no failure.
    if (!ends()) fail(std::current_exception());
  }
}

task<> group_session::handle_event(kafka::member_event event) {
  note_member();
  if (auto* a = std::get_if<kafka::assigned>(&event)) {
    co_await take_over(std::move(*a));
  } else if (auto* r = std::get_if<kafka::revoked>(&event)) {
    co_await give_back(std::move(*r));
  } else if (auto* l = std::get_if<kafka::lost>(&event)) {
    co_await let_go(std::move(*l));
  } else {
    note_connection(std::get<kafka::connection_changed>(event));
  }
}

void group_session::note_member() {
  auto now = options_.instance_id.empty() ? member_->id() : options_.instance_id;
  const std::lock_guard lock{member_mutex_};
  member_name_ = std::move(now);
}

void group_session::note_connection(const kafka::connection_changed& event) {
  if (event.connected != connected_)
    log_.info(event.connected ? "connected" : fmt::format("disconnected: {}; going on once it is back", event.reason));
  connected_ = event.connected;
}

task<> group_session::take_over(kafka::assigned event) {
  ++rebalances_;
  const auto began = time().now();
  const auto began_ms = time().wall_ms();
  if (!event.partitions.empty()) log_.info(fmt::format("{} partitions assigned", event.partitions.size()));
  const auto numbers = known_only(event.partitions);
  // The topic has grown: what to do about it is for who looks at all topics.
  if (numbers.size() < event.partitions.size()) watch_.hurry();
  std::vector<partition::start_point> points;
  if (!numbers.empty()) points = co_await starting_points_of(numbers);
  std::vector<kafka::position> starts;
  for (const auto& point : points) starts.insert(starts.end(), point.inputs.begin(), point.inputs.end());
  member_->accept(event, starts);
  co_await standbys_.claim(numbers);
  for (std::size_t i = 0; i < points.size(); ++i) spawn(numbers[i], std::move(points[i]));
  note(rebalance_status::kind::assigned, began_ms, began, numbers);
  changed_.wake_all();
}

std::vector<partition_id> group_session::known_only(const std::vector<partition_id>& numbers) const {
  auto known = numbers;
  std::erase_if(known, [&](partition_id p) { return p.value >= topics_.partitions; });
  return known;
}

task<> group_session::look_at_topics() {
  async::backoff wait{retry_first, retry_most};
  while (true) {
    std::string why;
    try {
      co_await watch_.look(*admin_);
      co_return;
    } catch (const error& e) {
      if (!may_pass(e.kind())) throw;
      why = e.what();
    }
    log_.warn(fmt::format("waiting for the cluster: {}", why));
    co_await async::sleep_for(time(), wait.next());
  }
}

task<std::optional<partition::start_point>> group_session::start_again(partition_id number) {
  // What was done of a topic that was deleted and made again must not be committed to the new one: its first records
  // would be passed over.
  co_await look_at_topics();
  if (ends()) co_return std::nullopt;
  std::vector<partition_id> one{number};
  co_await committer_.commit_until(*member_, one, time().now() + options_.revoke_deadline);
  auto points = co_await starting_points_of(one);
  for (const auto& input : points.front().called()) committer_.assigned(input);
  co_return std::move(points.front());
}

task<std::vector<partition::start_point>> group_session::starting_points_of(std::vector<partition_id> numbers) {
  async::backoff wait{retry_first, retry_most};
  while (true) {
    std::string why;
    try {
      co_return co_await starting_points(*member_, *admin_, env_, topics_, numbers, log_);
    } catch (const error& e) {
      if (!may_pass(e.kind())) throw;
      why = e.what();
    }
    log_.warn(fmt::format("waiting for offsets: {}", why));
    co_await async::sleep_for(time(), wait.next());
  }
}

void group_session::spawn(partition_id number, partition::start_point start) {
  for (const auto& input : start.called()) committer_.assigned(input);
  // Called on the partition's strand.
  auto publish = [this](std::vector<kafka::position> moved) { committer_.publish(std::move(moved)); };
  held_.spawn(number, std::move(start), *member_, cabinet_ ? &*cabinet_ : nullptr, std::move(publish));
}

void group_session::forget(const std::vector<partition_id>& which) {
  std::vector<topic_partition> inputs;
  for (const auto number : which) {
    for (const auto* edge : env_.called_edges()) inputs.push_back({edge->topic, number});
  }
  committer_.released(inputs);
  held_.forget(which);
  standbys_.release(which);
}

task<> group_session::give_back(kafka::revoked event) {
  ++rebalances_;
  const auto began = time().now();
  const auto began_ms = time().wall_ms();
  auto held = event.partitions;
  std::erase_if(held, [&](partition_id p) { return !held_.contains(p); });
  log_.info(fmt::format("{} partitions to be given back", held.size()));
  // Until then nobody else can have them: go on processing.
  const auto left = event.process_until - time().now();
  if (left > clock::duration::zero()) co_await async::sleep_for(time(), left);
  const auto deadline = time().now() + options_.revoke_deadline;
  held_.stop(held, deadline);
  co_await held_.await_end(held);
  co_await committer_.commit_until(*member_, held, deadline);
  forget(held);
  member_->release(event.partitions);
  note(rebalance_status::kind::revoked, began_ms, began, held);
}

task<> group_session::let_go(kafka::lost event) {
  ++rebalances_;
  const auto began = time().now();
  const auto began_ms = time().wall_ms();
  auto held = event.partitions;
  std::erase_if(held, [&](partition_id p) { return !held_.contains(p); });
  log_.warn(fmt::format(
      "{} partitions lost: another member has them, or will have; what was not committed is processed again there",
      held.size()));
  held_.abandon(held);
  co_await held_.await_end(held);
  forget(held);
  member_->release(event.partitions);
  note(rebalance_status::kind::lost, began_ms, began, held);
}

void group_session::enter(processor_state now) {
  state_ = now;
  changed_.wake_all();
}

void group_session::note(rebalance_status::kind what, std::int64_t began_ms, clock::time_point began,
                         const std::vector<partition_id>& which) {
  constexpr std::size_t kept = 50;
  rebalance_status r{what, began_ms, std::chrono::duration_cast<std::chrono::milliseconds>(time().now() - began), {}};
  for (const auto p : which) r.partitions.push_back(p.value);
  const std::lock_guard lock{rebalance_mutex_};
  rebalance_history_.push_back(std::move(r));
  if (rebalance_history_.size() > kept) rebalance_history_.pop_front();
}

// The end.

task<> group_session::shut_down() {
  enter(processor_state::stopping);
  const auto deadline = time().now() + options_.revoke_deadline;
  events_.cancel();
  standbys_.cancel();
  co_await events_.join();
  held_.stop(held_.numbers(), deadline);
  hasteners_.spawn(hasten());
  co_await joins_.stop();
  co_await watch_.stop();
  co_await standbys_.stop();
  co_await held_.join();
  hasteners_.cancel();
  co_await hasteners_.join();
  co_await committer_.stop();
  if (member_) {
    co_await committer_.commit_until(*member_, held_.numbers(), deadline);
    forget(held_.numbers());
    co_await member_->close(deadline);
  }
  co_await lookups_.stop();
  if (env_.producer) co_await env_.producer->close(deadline);
  if (cabinet_) co_await cabinet_->close();
}

task<> group_session::hasten() {
  while (stops_ < 2) co_await ending_.wait();
  log_.warn("told twice to stop: dropping what is under way");
  held_.abandon(held_.numbers());
}

}  // namespace corka::processor_parts
