#include "processor/group_session.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "graph/topics.hpp"

#include <corka/partitioner.hpp>

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace corka::processor_parts {

namespace {

/// Watermarks that are published within this time are committed together.
constexpr std::chrono::milliseconds gather_commits{20};
constexpr std::chrono::milliseconds retry_first{100};
constexpr std::chrono::milliseconds retry_most{5'000};

}  // namespace

group_session::group_session(const declaration& group, const processor_options& options, runtime_core& core,
                             executor control)
    : group_{group},
      options_{options},
      core_{core},
      control_{control},
      log_{core.log.named(group.name.str())},
      events_{control},
      partitions_group_{control},
      commits_{control},
      hasteners_{control},
      ending_{control},
      board_moved_{control},
      started_{core.threads->time().now()} {}

group_session::~group_session() = default;

task<> group_session::run() {
  // Ends by `stop` only: a cancelled coroutine could not await the end of its partitions.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  events_.spawn(handle_events());
  while (stops_ == 0 && !failure_) co_await ending_.wait();
  co_await shut_down();
  state_ = failure_ ? processor_state::failed : processor_state::idle;
  if (failure_) std::rethrow_exception(failure_);
}

void group_session::stop() noexcept {
  ++stops_;
  ending_.notify();
}

void group_session::fail(std::exception_ptr why) {
  if (!failure_) failure_ = std::move(why);
  ending_.notify();
}

// The start.

task<> group_session::connect() {
  if (group_.table) cabinet_.emplace(core_, group_.name, control_, options_.store_linger, log_);
  admin_ = core_.cluster->make_admin(control_);
  kafka::producer_options producing;
  producing.client_id = group_.name.str();
  producing.linger = options_.linger;
  producing.properties = options_.kafka_properties;
  env_.group = &group_;
  env_.options = &options_;
  env_.threads = core_.threads.get();
  env_.log = core_.log;
  env_.producer = core_.cluster->make_producer(std::move(producing), control_);

  async::backoff wait{retry_first, retry_most};
  while (true) {
    std::string why;
    try {
      co_await ensure_topics(*admin_);
      co_await open_outputs();
      break;
    } catch (const error& e) {
      if (e.kind() != errc::broker_unavailable && e.kind() != errc::timed_out) throw;
      why = e.what();
    }
    log_.warn(fmt::format("waiting for the cluster: {}", why));
    co_await async::sleep_for(time(), wait.next());
  }

  kafka::member_options joining;
  joining.group = group_.name;
  joining.driver = group_.driver();
  for (const auto* edge : env_.edges()) {
    if (edge->topic != joining.driver) joining.beside.push_back(edge->topic);
  }
  joining.protocol = options_.protocol;
  joining.instance_id = options_.instance_id;
  joining.client_id = group_.name.str();
  joining.session_timeout = options_.session_timeout;
  joining.heartbeat_interval = options_.heartbeat_interval;
  joining.max_poll_interval = options_.max_poll_interval;
  joining.properties = options_.kafka_properties;
  member_ = core_.cluster->join(std::move(joining), control_);
}

task<> group_session::ensure_topics(kafka::admin& admin) {
  const auto names = graph::topics_of(group_);
  auto found = co_await admin.describe(names);
  const graph::creation creating{options_.create_topics == topic_creation::all, options_.new_topic_partitions,
                                 options_.replication};
  const auto plan = graph::plan_topics(group_, found, creating);
  if (!plan.create.empty()) {
    for (const auto& t : plan.create)
      log_.info(fmt::format("creating topic '{}' with {} partitions", t.topic.str(), t.partitions));
    co_await admin.create(plan.create);
    found = co_await admin.describe(names);
  }
  partitions_total_ = plan.partitions;
  table_id_.clear();
  for (const auto& f : found) {
    if (group_.table && f.topic == group_.table->topic) table_id_.push_back(f.id);
  }
}

task<> group_session::open_outputs() {
  std::vector<topic_name> names;
  for (const auto& output : group_.outputs) names.push_back(output.topic);
  if (group_.loop) names.push_back(group_.loop->topic);
  if (group_.table) names.push_back(group_.table->topic);
  for (const auto& name : names) env_.outputs[name] = co_await env_.producer->topic(name);
}

// Membership.

task<> group_session::handle_events() {
  try {
    co_await connect();
    commits_.spawn(commit_watermarks());
    commits_.spawn(refresh_commits());
    state_ = processor_state::running;
    while (true) {
      auto event = co_await member_->next();
      if (auto* a = std::get_if<kafka::assigned>(&event)) {
        co_await take_over(std::move(*a));
      } else if (auto* r = std::get_if<kafka::revoked>(&event)) {
        co_await give_back(std::move(*r));
      } else if (auto* l = std::get_if<kafka::lost>(&event)) {
        co_await let_go(std::move(*l));
      } else {
        const auto& c = std::get<kafka::connection_changed>(event);
        if (c.connected != connected_)
          log_.info(c.connected ? "connected" : fmt::format("disconnected: {}; going on once it is back", c.reason));
        connected_ = c.connected;
      }
    }
  } catch (...) {
    // Also when `shut_down` cancels this: then nobody asks for the failure any more.
    if (stops_ == 0) fail(std::current_exception());
  }
}

std::vector<topic_partition> group_session::topics_beside(partition_id number) const {
  std::vector<topic_partition> all;
  for (const auto* edge : env_.edges()) all.push_back({edge->topic, number});
  if (group_.table) all.push_back({group_.table->topic, number});
  return all;
}

task<std::vector<partition::start_point>> group_session::starting_points(const std::vector<partition_id>& numbers) {
  std::vector<topic_partition> inputs;
  std::vector<topic_partition> all;
  for (const auto number : numbers) {
    for (auto& tp : topics_beside(number)) {
      if (!group_.table || tp.topic != group_.table->topic) inputs.push_back(tp);
      all.push_back(std::move(tp));
    }
  }
  const auto committed = co_await member_->committed(inputs);
  const auto ranges = co_await admin_->offsets(all);

  std::vector<partition::start_point> points;
  std::size_t next_input = 0;
  std::size_t next_range = 0;
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    partition::start_point point;
    const auto edges = env_.edges().size();
    for (std::size_t e = 0; e < edges; ++e, ++next_input, ++next_range) {
      const auto& where = inputs[next_input];
      const auto& range = ranges[next_range];
      const auto at = committed[next_input].value_or(range.low);
      auto from = at;
      if (at < range.low) {
        log_.warn(fmt::format(
            "{}: the committed offset {} was deleted by retention, {} records are lost: reading on from {}; "
            "keep the topic longer, or add members",
            to_string(where), at.value, range.low - at, range.low.value));
        from = range.low;
      } else if (at > range.high) {
        log_.warn(
            fmt::format("{}: the committed offset {} is beyond the end {}: the topic was made anew; reading it from {}",
                        to_string(where), at.value, range.high.value, range.low.value));
        from = range.low;
      }
      point.inputs.push_back({where, from});
      point.ends.push_back(range.high);
    }
    if (group_.table) {
      point.changelog = ranges[next_range++];
      point.table = {group_.table->topic.str(), table_id_.front(), numbers[n].value, group_.table->codec};
    }
    points.push_back(std::move(point));
  }
  co_return points;
}

task<> group_session::take_over(kafka::assigned event) {
  ++rebalances_;
  if (!event.partitions.empty()) log_.info(fmt::format("{} partitions assigned", event.partitions.size()));
  std::vector<partition::start_point> points;
  async::backoff wait{retry_first, retry_most};
  while (!event.partitions.empty()) {
    std::string why;
    try {
      points = co_await starting_points(event.partitions);
      break;
    } catch (const error& e) {
      if (e.kind() != errc::broker_unavailable && e.kind() != errc::timed_out &&
          e.kind() != errc::rebalance_in_progress)
        throw;
      why = e.what();
    }
    log_.warn(fmt::format("waiting for offsets: {}", why));
    co_await async::sleep_for(time(), wait.next());
  }
  std::vector<kafka::position> starts;
  for (const auto& point : points) starts.insert(starts.end(), point.inputs.begin(), point.inputs.end());
  member_->accept(event, starts);
  for (std::size_t i = 0; i < points.size(); ++i) spawn_partition(event.partitions[i], std::move(points[i]));
}

void group_session::spawn_partition(partition_id number, partition::start_point start) {
  for (const auto& input : start.inputs) board_.assigned(input, time().now());
  {
    const std::lock_guard lock{mutex_};
    held_[number].ended = std::make_shared<async::event>(control_);
  }
  partitions_group_.spawn(run_partition(number, std::move(start)));
}

task<> group_session::run_partition(partition_id number, partition::start_point start) {
  const auto ended = held_.at(number).ended;
  std::shared_ptr<partition::partition_runner> runner;
  std::shared_ptr<store::table_store> store;
  const auto inputs = start.inputs;
  topic_partition table;
  try {
    if (group_.table) {
      table = {group_.table->topic, number};
      store = co_await cabinet_->take(table);
    }
    const auto worker = core_.next_worker.fetch_add(1) % core_.threads->workers();
    // Called on the partition's strand.
    auto publish = [this](std::vector<kafka::position> moved) {
      {
        const std::lock_guard lock{inbox_mutex_};
        inbox_.insert(inbox_.end(), moved.begin(), moved.end());
      }
      board_moved_.notify();
    };
    const auto strand = core_.threads->worker(worker);
    runner = std::make_shared<partition::partition_runner>(env_, number, strand, worker, std::move(start), store,
                                                           std::move(publish));
    bool wanted = false;
    {
      const std::lock_guard lock{mutex_};
      wanted = held_.contains(number) && held_[number].ended == ended && !held_[number].unwanted;
      if (wanted) held_[number].runner = runner;
    }
    if (wanted) co_await async::run_on(strand, runner->run(*member_));
  } catch (...) { fail(std::current_exception()); }
  if (store) cabinet_->put_back(table, std::move(store));
  ended->set();
}

void group_session::stop_partitions(const std::vector<partition_id>& which, clock::time_point deadline) {
  const std::lock_guard lock{mutex_};
  for (const auto number : which) {
    auto& slot = held_.at(number);
    slot.unwanted = true;
    if (slot.runner)
      boost::asio::post(slot.runner->strand(), [runner = slot.runner, deadline] { runner->stop(deadline); });
  }
}

void group_session::abandon_partitions(const std::vector<partition_id>& which) {
  const std::lock_guard lock{mutex_};
  for (const auto number : which) {
    auto& slot = held_.at(number);
    slot.unwanted = true;
    if (slot.runner) boost::asio::post(slot.runner->strand(), [runner = slot.runner] { runner->abandon(); });
  }
}

task<> group_session::await_end(std::vector<partition_id> which) {
  for (const auto number : which) {
    const auto ended = held_.at(number).ended;
    co_await ended->wait();
  }
}

std::vector<partition_id> group_session::numbers() const {
  std::vector<partition_id> all;
  for (const auto& [number, slot] : held_) all.push_back(number);
  return all;
}

void group_session::forget(const std::vector<partition_id>& which) {
  // What a later owner of the number in this process publishes must not meet what the last one did.
  drain_watermarks();
  for (const auto number : which) {
    for (const auto& tp : topics_beside(number)) board_.released(tp);
  }
  const std::lock_guard lock{mutex_};
  for (const auto number : which) held_.erase(number);
}

task<> group_session::give_back(kafka::revoked event) {
  ++rebalances_;
  std::erase_if(event.partitions, [&](partition_id p) { return !held_.contains(p); });
  log_.info(fmt::format("{} partitions to be given back", event.partitions.size()));
  // Until then nobody else can have them: go on processing.
  const auto left = event.process_until - time().now();
  if (left > clock::duration::zero()) co_await async::sleep_for(time(), left);
  const auto deadline = time().now() + options_.revoke_deadline;
  stop_partitions(event.partitions, deadline);
  co_await await_end(event.partitions);
  co_await commit_until(event.partitions, deadline);
  forget(event.partitions);
  member_->release(event.partitions);
}

task<> group_session::let_go(kafka::lost event) {
  ++rebalances_;
  std::erase_if(event.partitions, [&](partition_id p) { return !held_.contains(p); });
  log_.warn(fmt::format(
      "{} partitions lost: another member has them, or will have; what was not committed is processed again there",
      event.partitions.size()));
  abandon_partitions(event.partitions);
  co_await await_end(event.partitions);
  forget(event.partitions);
  member_->release(event.partitions);
}

// Commits.

void group_session::drain_watermarks() {
  std::vector<kafka::position> moved;
  {
    const std::lock_guard lock{inbox_mutex_};
    moved.swap(inbox_);
  }
  for (const auto& p : moved) board_.watermark(p);
}

task<> group_session::refresh_commits() {
  while (true) {
    co_await async::sleep_for(time(), commit_board::refresh_after);
    board_moved_.notify();
  }
}

task<> group_session::commit_watermarks() {
  async::backoff wait{retry_first, retry_most};
  while (true) {
    if (!board_.pending()) {
      co_await board_moved_.wait();
      co_await async::sleep_for(time(), gather_commits);
    }
    drain_watermarks();
    const bool ok = co_await commit_once(board_.take(time().now()));
    if (ok) {
      wait.reset();
      continue;
    }
    co_await async::sleep_for(time(), wait.next());
  }
}

task<bool> group_session::commit_once(std::vector<kafka::position> what) {
  if (what.empty()) co_return true;
  const auto result = co_await member_->commit(what);
  if (result) {
    log_.debug(fmt::format("commit of {} offsets failed, it will be sent again: {}", what.size(), result.message()));
    co_return false;
  }
  board_.committed(what, time().now());
  const std::lock_guard lock{mutex_};
  for (const auto& [number, slot] : held_) {
    if (!slot.runner) continue;
    std::vector<kafka::position> of_this;
    for (const auto& p : what) {
      if (p.where.partition == number) of_this.push_back(p);
    }
    if (!of_this.empty()) slot.runner->committed(of_this);
  }
  co_return true;
}

task<> group_session::commit_until(std::vector<partition_id> which, clock::time_point deadline) {
  async::backoff wait{retry_first, retry_most};
  drain_watermarks();
  while (time().now() < deadline) {
    auto open = board_.take(time().now());
    std::erase_if(open,
                  [&](const kafka::position& p) { return std::ranges::find(which, p.where.partition) == which.end(); });
    const bool ok = co_await commit_once(std::move(open));
    if (ok) co_return;
    co_await async::sleep_for(time(), wait.next());
  }
  log_.warn("the last offsets could not be committed in time: their records will be processed again");
}

// The end.

task<> group_session::shut_down() {
  state_ = processor_state::stopping;
  const auto deadline = time().now() + options_.revoke_deadline;
  events_.cancel();
  co_await events_.join();
  stop_partitions(numbers(), deadline);
  hasteners_.spawn(hasten());
  co_await partitions_group_.join();
  hasteners_.cancel();
  co_await hasteners_.join();
  commits_.cancel();
  co_await commits_.join();
  if (member_) {
    co_await commit_until(numbers(), deadline);
    forget(numbers());
    co_await member_->close(deadline);
  }
  if (env_.producer) co_await env_.producer->close(deadline);
  if (cabinet_) co_await cabinet_->close();
}

task<> group_session::hasten() {
  while (stops_ < 2) co_await ending_.wait();
  log_.warn("told twice to stop: dropping what is under way");
  abandon_partitions(numbers());
}

// What others ask.

void group_session::fill(processor_status& into) const {
  into.state = state_;
  into.connected = connected_;
  into.partitions_total = partitions_total_;
  into.rebalances = rebalances_;
  into.uptime = std::chrono::duration_cast<std::chrono::seconds>(time().now() - started_);
  const std::lock_guard lock{mutex_};
  for (const auto& [number, slot] : held_) {
    if (slot.runner) into.partitions.push_back(slot.runner->status());
  }
}

task<table_row> group_session::row(std::string key) const {
  const auto total = partitions_total_.load();
  if (!group_.table) {
    throw error{errc::not_declared,
                fmt::format("group '{}' has no table: declare it as group<State>", group_.name.str())};
  }
  if (total == 0)
    throw error{errc::not_recovered, fmt::format("group '{}' is starting: try again in a moment", group_.name.str())};
  const auto number = partition_of(key, total, group_.inputs.front().partition_by);
  std::shared_ptr<partition::partition_runner> runner;
  {
    const std::lock_guard lock{mutex_};
    const auto found = held_.find(number);
    if (found != held_.end()) runner = found->second.runner;
  }
  if (!runner) {
    throw error{errc::not_assigned,
                fmt::format("partition {} of table '{}' is not assigned to this process: ask the member that has it",
                            number.value, group_.table->topic.str()),
                topic_partition{group_.table->topic, number}};
  }
  const auto strand = runner->strand();
  auto read = [](std::shared_ptr<partition::partition_runner> r, std::string k) -> task<table_row> {
    co_return r->row(k);
  };
  co_return co_await async::run_on(strand, read(runner, std::move(key)));
}

}  // namespace corka::processor_parts
