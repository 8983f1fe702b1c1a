#include "processor/standby_copies.hpp"

#include "async/timer.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace corka::processor_parts {

namespace {
/// How often the group is asked who is in it; one request. Changes that concern this member hurry it.
constexpr std::chrono::seconds interval{3};
/// Between two questions at least: a rebalance changes the group in several steps.
constexpr std::chrono::milliseconds settle{500};
}  // namespace

standby_copies::standby_copies(executor control, runtime_core& core, const partition::environment& env,
                               const group_topics& topics, const logger& log)
    : control_{control},
      core_{core},
      env_{env},
      topics_{topics},
      log_{log},
      due_{control, core.threads->time()},
      watching_{control},
      running_{control} {}

std::vector<std::pair<topic_name, std::string>> standby_copies::tables() const {
  std::vector<std::pair<topic_name, std::string>> all;
  if (env_.group->table) all.emplace_back(env_.group->table->topic, env_.group->table->codec);
  for (const auto& join : env_.group->joins) {
    // A copy that is ahead of the callbacks could not tell them what the rows were before.
    if (env_.group->changes_of(join.topic) == nullptr) all.emplace_back(join.topic, join.codec);
  }
  return all;
}

task<> standby_copies::recover_all(store_cabinet& cabinet) {
  cabinet_ = &cabinet;
  std::set<partition_id> all;
  for (std::int32_t p = 0; p < topics_.partitions; ++p) all.insert(partition_id{p});
  log_.info(fmt::format("recovering {} partitions before joining the group", all.size()));
  follow(all);
  const auto begun = copies_;
  for (const auto& [table, c] : begun) {
    co_await c->begun->wait();
    if (c->ended->is_set()) continue;
    try {
      co_await c->follower->ready();
    } catch (const error& e) {
      if (e.kind() != errc::stopped) throw;
    }
  }
}

void standby_copies::start(kafka::admin& asked, const kafka::member& self, store_cabinet& cabinet) {
  cabinet_ = &cabinet;
  if (env_.options->standby_replicas > 0 || !copies_.empty()) watching_.spawn(watch(asked, self));
}

task<> standby_copies::watch(kafka::admin& asked, const kafka::member& self) {
  while (env_.options->standby_replicas > 0 || !copies_.empty()) {
    (void)co_await due_.wait_for(interval);
    co_await async::sleep_for(core_.threads->time(), settle);
    try {
      co_await choose(asked, self);
      co_await tell_ends(asked);
    } catch (const error& e) { log_.debug(fmt::format("standbys cannot be chosen just now: {}", e.what())); }
  }
}

task<> standby_copies::choose(kafka::admin& asked, const kafka::member& self) {
  const auto members = co_await asked.members(env_.group->name);
  const auto own = env_.options->instance_id.empty() ? self.id() : env_.options->instance_id;
  auto candidates = candidates_of(members, env_.group->driver());
  const bool known = std::ranges::any_of(candidates, [&](const auto& c) { return c.name == own; });
  const bool settled = std::ranges::any_of(candidates, [](const auto& c) { return !c.holds.empty(); });
  // Between two assignments nobody holds anything: what was chosen before is still right.
  if (!known || !settled) co_return;
  std::set<partition_id> wanted;
  const auto replicas = static_cast<std::size_t>(env_.options->standby_replicas);
  for (const auto& [number, names] : choose_standbys(std::move(candidates), topics_.partitions, replicas)) {
    if (std::ranges::find(names, own) != names.end()) wanted.insert(number);
  }
  follow(wanted);
}

// True lag while nothing arrives, and topics that were made anew: two requests, whatever the number of copies.
task<> standby_copies::tell_ends(kafka::admin& asked) {
  std::vector<topic_name> names;
  for (const auto& [topic, codec] : tables()) names.push_back(topic);
  std::vector<topic_partition> all;
  for (const auto& [table, c] : copies_) all.push_back(table);
  if (all.empty()) co_return;
  const auto described = co_await asked.describe(names);
  const auto ranges = co_await asked.offsets(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto found = copies_.find(all[i]);
    const auto topic = std::ranges::find(described, all[i].topic, &kafka::topic_description::topic);
    if (found == copies_.end() || !found->second->follower || topic == described.end()) continue;
    boost::asio::post(
        found->second->follower->strand(),
        [c = found->second, now = tables::changelog_now{topic->id, ranges[i]}] { c->follower->cluster_says(now); });
  }
}

void standby_copies::follow(const std::set<partition_id>& wanted) {
  std::vector<topic_partition> surplus;
  for (const auto& [table, c] : copies_) {
    if (!wanted.contains(table.partition)) surplus.push_back(table);
  }
  for (const auto& table : surplus) end(table);
  for (const auto number : wanted) {
    if (claimed_.contains(number)) continue;
    for (const auto& [topic, codec] : tables()) begin({topic, number}, codec);
  }
}

void standby_copies::begin(const topic_partition& table, const std::string& codec) {
  if (stopped_ || copies_.contains(table)) return;
  if (!reader_) reader_ = core_.cluster->reader(env_.group->name.str() + "-standby", control_);
  auto c = std::make_shared<copy>();
  c->of = {table.topic.str(), {}, table.partition.value, codec};
  c->begun = std::make_shared<async::event>(control_);
  c->ended = std::make_shared<async::event>(control_);
  {
    const std::lock_guard lock{mutex_};
    copies_.emplace(table, c);
  }
  running_.spawn(run(table, std::move(c)));
}

task<> standby_copies::run(topic_partition table, std::shared_ptr<copy> c) {
  std::shared_ptr<store::table_store> store;
  try {
    store = co_await cabinet_->take(table);
    const auto strand = core_.threads->worker(core_.next_worker.fetch_add(1) % core_.threads->workers());
    tables::follower_options options;
    options.recovery = env_.recovery_of(table.topic);
    {
      const std::lock_guard lock{mutex_};
      c->store = store;
      c->follower = std::make_unique<tables::table_follower>(*core_.threads, strand, *reader_, *store, c->of, env_.ask,
                                                             log_, options);
    }
    c->begun->set();
    if (!c->unwanted) co_await async::run_on(strand, c->follower->run());
  } catch (const std::exception& e) {
    log_.warn(fmt::format("the standby's copy of {} is given up: {}", to_string(table), e.what()));
  }
  {
    // Who reads it has a share in the store, which outlives this.
    const std::lock_guard lock{mutex_};
    copies_.erase(table);
    c->store.reset();
  }
  if (store) cabinet_->put_back(table, std::move(store));
  c->ended->set();
  c->begun->set();
}

void standby_copies::end(const topic_partition& table) {
  const auto found = copies_.find(table);
  if (found == copies_.end() || std::exchange(found->second->unwanted, true)) return;
  const auto c = found->second;
  if (c->follower) boost::asio::post(c->follower->strand(), [c] { c->follower->stop(); });
}

task<> standby_copies::claim(std::vector<partition_id> numbers) {
  claimed_.insert(numbers.begin(), numbers.end());
  std::vector<std::shared_ptr<async::event>> ending;
  for (const auto& [table, c] : copies_) {
    if (claimed_.contains(table.partition)) ending.push_back(c->ended);
  }
  for (const auto number : numbers) {
    for (const auto& [topic, codec] : tables()) end({topic, number});
  }
  for (const auto& ended : ending) co_await ended->wait();
  hurry();
}

void standby_copies::release(const std::vector<partition_id>& numbers) {
  for (const auto number : numbers) claimed_.erase(number);
  hurry();
}

void standby_copies::cancel() {
  stopped_ = true;
  watching_.cancel();
  std::vector<topic_partition> all;
  for (const auto& [table, c] : copies_) all.push_back(table);
  for (const auto& table : all) end(table);
}

task<> standby_copies::stop() {
  cancel();
  co_await watching_.join();
  co_await running_.join();
  reader_.reset();
}

std::vector<copy_status> standby_copies::status() const {
  std::vector<copy_status> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [table, c] : copies_) {
    if (c->follower) {
      all.push_back(c->follower->status());
      continue;
    }
    copy_status s;
    s.topic = table.topic.str();
    s.partition = table.partition.value;
    all.push_back(std::move(s));
  }
  return all;
}

bool standby_copies::is_kept(partition_id number, const std::shared_ptr<store::table_store>& store) const {
  const std::lock_guard lock{mutex_};
  const auto found = copies_.find({env_.group->table->topic, number});
  return found != copies_.end() && found->second->store == store;
}

std::optional<table_row> standby_copies::row(partition_id number, std::string_view key, bool recovering) const {
  std::shared_ptr<store::table_store> store;
  table_row out;
  out.partition = number;
  out.standby = true;
  {
    const std::lock_guard lock{mutex_};
    const auto found = copies_.find({env_.group->table->topic, number});
    if (found == copies_.end() || !found->second->store) return std::nullopt;
    const auto& follower = *found->second->follower;
    out.recovering = !follower.is_current();
    if (out.recovering && !recovering) return std::nullopt;
    store = found->second->store;
    out.changelog = follower.position();
    out.lag = follower.status().lag;
  }
  try {
    store->get({&key, 1}, [&](std::size_t, std::string_view value) { out.bytes = value; });
  } catch (const error& e) {
    // Put back since we looked, and closed: it has not failed, there is no copy any more.
    if (e.kind() != errc::store_failed || is_kept(number, store)) throw;
    return std::nullopt;
  }
  return out;
}

}  // namespace corka::processor_parts
