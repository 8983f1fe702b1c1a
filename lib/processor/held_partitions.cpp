#include "processor/held_partitions.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"
#include "partition/interruption.hpp"
#include "processor/retrying.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace corka::processor_parts {

namespace {
/// A partition that ran this long is not one that fails again and again.
constexpr std::chrono::minutes calm_after{1};
}  // namespace

held_partitions::held_partitions(const partition::environment& env, runtime_core& core, executor control, callbacks to)
    : env_{env}, core_{core}, control_{control}, check_{control}, to_{std::move(to)}, log_{core.log}, tasks_{control} {}

void held_partitions::spawn(partition_id number, partition::start_point start, kafka::record_reader& reader,
                            store_cabinet* cabinet, partition::partition_runner::publisher publish) {
  check_("held_partitions::spawn");
  {
    const std::lock_guard lock{mutex_};
    auto& slot = held_[number];
    slot.ended = std::make_shared<async::event>(control_);
    slot.restarting = std::make_shared<async::task_group>(control_);
  }
  tasks_.spawn(run(number, std::move(start), reader, cabinet, std::move(publish)));
}

task<> held_partitions::run(partition_id number, partition::start_point start, kafka::record_reader& reader,
                            store_cabinet* cabinet, partition::partition_runner::publisher publish) {
  const auto ended = held_.at(number).ended;
  std::vector<topic_partition> tables;
  if (env_.group->table) tables.push_back({env_.group->table->topic, number});
  for (const auto& join : env_.group->joins) tables.push_back({join.topic, number});
  stores open;
  try {
    for (const auto& table : tables) {
      auto taken = co_await cabinet->take(table);
      open.push_back(std::move(taken));
    }
    co_await run_again_and_again(number, std::move(start), open, reader, publish);
  } catch (...) { to_.failed(std::current_exception()); }
  for (std::size_t i = 0; i < open.size(); ++i) cabinet->put_back(tables[i], std::move(open[i]));
  ended->set();
}

// A partition that was interrupted goes back to its last commit; nobody else's is touched.
task<> held_partitions::run_again_and_again(partition_id number, partition::start_point start, const stores& open,
                                            kafka::record_reader& reader,
                                            const partition::partition_runner::publisher& publish) {
  async::backoff wait{retry_first, retry_most};
  auto& time = core_.threads->time();
  std::optional<partition::start_point> next{std::move(start)};
  while (next) {
    const auto began = time.now();
    const bool again = co_await run_once(number, std::move(*next), open, reader, publish);
    next.reset();
    if (!again || held_.at(number).unwanted) co_return;
    if (time.now() - began > calm_after) wait.reset();
    // `stop` and `abandon` cancel this: then there is no next start.
    const auto restarting = held_.at(number).restarting;
    restarting->spawn(find_start(number, wait.next(), &next));
    co_await restarting->join();
    if (held_.at(number).unwanted) co_return;
  }
}

task<> held_partitions::find_start(partition_id number, clock::duration wait,
                                   std::optional<partition::start_point>* into) {
  co_await async::sleep_for(core_.threads->time(), wait);
  auto found = co_await to_.start_again(number);
  *into = std::move(found);
}

// True: it was interrupted and may begin again.
task<bool> held_partitions::run_once(partition_id number, partition::start_point start, const stores& open,
                                     kafka::record_reader& reader,
                                     const partition::partition_runner::publisher& publish) {
  const auto store = env_.group->table ? open.front() : nullptr;
  for (std::size_t j = 0; j < start.joins.size(); ++j) start.joins[j].store = open[j + (store ? 1 : 0)];
  const auto worker = core_.next_worker.fetch_add(1) % core_.threads->workers();
  const auto strand = core_.threads->worker(worker);
  const auto runner =
      std::make_shared<partition::partition_runner>(env_, number, strand, worker, std::move(start), store, publish);
  if (!install(number, runner)) co_return false;
  try {
    co_await async::run_on(strand, runner->run(reader));
    co_return false;
  } catch (const partition::interruption& e) {
    if (e.kind() == errc::topic_unknown) {
      to_.topic_gone(e);
      co_return false;
    }
    log_.warn(fmt::format("{}; partition {} goes back to its last commit and begins again", e.what(), number.value));
  }
  const std::lock_guard lock{mutex_};
  ++held_.at(number).rewinds;
  co_return true;
}

// False: it was told to end before it began.
bool held_partitions::install(partition_id number, const std::shared_ptr<partition::partition_runner>& runner) {
  const std::lock_guard lock{mutex_};
  const auto found = held_.find(number);
  if (found == held_.end() || found->second.unwanted) return false;
  found->second.runner = runner;
  return true;
}

void held_partitions::stop(const std::vector<partition_id>& which, clock::time_point deadline) {
  check_("held_partitions::stop");
  const std::lock_guard lock{mutex_};
  for (const auto number : which) {
    auto& slot = held_.at(number);
    slot.unwanted = true;
    slot.restarting->cancel();
    if (slot.runner)
      boost::asio::post(slot.runner->strand(), [runner = slot.runner, deadline] { runner->stop(deadline); });
  }
}

void held_partitions::abandon(const std::vector<partition_id>& which) {
  check_("held_partitions::abandon");
  const std::lock_guard lock{mutex_};
  for (const auto number : which) {
    auto& slot = held_.at(number);
    slot.unwanted = true;
    slot.restarting->cancel();
    if (slot.runner) boost::asio::post(slot.runner->strand(), [runner = slot.runner] { runner->abandon(); });
  }
}

void held_partitions::tell(partition_id number, std::size_t join, tables::changelog_now now) {
  const auto runner = find(number);
  if (!runner) return;
  boost::asio::post(runner->strand(),
                    [runner, join, now = std::move(now)] { runner->cluster_says_of_join(join, now); });
}

task<> held_partitions::await_end(std::vector<partition_id> which) {
  for (const auto number : which) {
    const auto ended = held_.at(number).ended;
    co_await ended->wait();
  }
}

task<> held_partitions::join() { return tasks_.join(); }

void held_partitions::forget(const std::vector<partition_id>& which) {
  check_("held_partitions::forget");
  const std::lock_guard lock{mutex_};
  for (const auto number : which) held_.erase(number);
}

std::vector<partition_id> held_partitions::numbers() const {
  std::vector<partition_id> all;
  for (const auto& [number, slot] : held_) all.push_back(number);
  return all;
}

std::vector<partition_id> held_partitions::numbers_now() const {
  const std::lock_guard lock{mutex_};
  return numbers();
}

std::vector<partition_status> held_partitions::status() const {
  std::vector<partition_status> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [number, slot] : held_) {
    if (!slot.runner) continue;
    all.push_back(slot.runner->status());
    all.back().rewinds = slot.rewinds;
  }
  return all;
}

bool held_partitions::all_process() const {
  const std::lock_guard lock{mutex_};
  const auto processes = [](const auto& h) {
    return h.second.runner && h.second.runner->state() == partition_state::running;
  };
  return !held_.empty() && std::ranges::all_of(held_, processes);
}

std::shared_ptr<partition::partition_runner> held_partitions::find(partition_id number) const {
  const std::lock_guard lock{mutex_};
  const auto found = held_.find(number);
  return found == held_.end() ? nullptr : found->second.runner;
}

std::vector<std::shared_ptr<partition::partition_runner>> held_partitions::runners() const {
  std::vector<std::shared_ptr<partition::partition_runner>> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [number, slot] : held_) {
    if (slot.runner) all.push_back(slot.runner);
  }
  return all;
}

void held_partitions::committed(const std::vector<kafka::position>& positions) {
  std::map<partition_id, std::vector<kafka::position>> by_number;
  for (const auto& p : positions) by_number[p.where.partition].push_back(p);
  const std::lock_guard lock{mutex_};
  for (const auto& [number, of_this] : by_number) {
    const auto found = held_.find(number);
    if (found != held_.end() && found->second.runner) found->second.runner->committed(of_this);
  }
}

}  // namespace corka::processor_parts
