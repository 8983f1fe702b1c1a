#include "processor/held_partitions.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace corka::processor_parts {

held_partitions::held_partitions(const partition::environment& env, runtime_core& core, executor control,
                                 failure_handler failed)
    : env_{env}, core_{core}, control_{control}, failed_{std::move(failed)}, tasks_{control} {}

void held_partitions::spawn(partition_id number, partition::start_point start, kafka::record_reader& reader,
                            store_cabinet* cabinet, partition::partition_runner::publisher publish) {
  {
    const std::lock_guard lock{mutex_};
    held_[number].ended = std::make_shared<async::event>(control_);
  }
  tasks_.spawn(run(number, std::move(start), reader, cabinet, std::move(publish)));
}

task<> held_partitions::run(partition_id number, partition::start_point start, kafka::record_reader& reader,
                            store_cabinet* cabinet, partition::partition_runner::publisher publish) {
  const auto ended = held_.at(number).ended;
  std::vector<topic_partition> tables;
  if (env_.group->table) tables.push_back({env_.group->table->topic, number});
  for (const auto& join : env_.group->joins) tables.push_back({join.topic, number});
  std::vector<std::shared_ptr<store::table_store>> stores;
  try {
    for (const auto& table : tables) {
      auto taken = co_await cabinet->take(table);
      stores.push_back(std::move(taken));
    }
    const auto store = env_.group->table ? stores.front() : nullptr;
    for (std::size_t j = 0; j < start.joins.size(); ++j) start.joins[j].store = stores[j + (store ? 1 : 0)];
    const auto worker = core_.next_worker.fetch_add(1) % core_.threads->workers();
    const auto strand = core_.threads->worker(worker);
    const auto runner = std::make_shared<partition::partition_runner>(env_, number, strand, worker, std::move(start),
                                                                      store, std::move(publish));
    if (install(number, ended, runner)) co_await async::run_on(strand, runner->run(reader));
  } catch (...) { failed_(std::current_exception()); }
  for (std::size_t i = 0; i < stores.size(); ++i) cabinet->put_back(tables[i], std::move(stores[i]));
  ended->set();
}

// False: it was told to end before it began.
bool held_partitions::install(partition_id number, const std::shared_ptr<async::event>& ended,
                              const std::shared_ptr<partition::partition_runner>& runner) {
  const std::lock_guard lock{mutex_};
  const auto found = held_.find(number);
  if (found == held_.end() || found->second.ended != ended || found->second.unwanted) return false;
  found->second.runner = runner;
  return true;
}

void held_partitions::stop(const std::vector<partition_id>& which, clock::time_point deadline) {
  const std::lock_guard lock{mutex_};
  for (const auto number : which) {
    auto& slot = held_.at(number);
    slot.unwanted = true;
    if (slot.runner)
      boost::asio::post(slot.runner->strand(), [runner = slot.runner, deadline] { runner->stop(deadline); });
  }
}

void held_partitions::abandon(const std::vector<partition_id>& which) {
  const std::lock_guard lock{mutex_};
  for (const auto number : which) {
    auto& slot = held_.at(number);
    slot.unwanted = true;
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
    if (slot.runner) all.push_back(slot.runner->status());
  }
  return all;
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
