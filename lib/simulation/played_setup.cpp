// What a played run begins with: topics, records to come, faults to come, programs, disks.
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/frame.hpp"
#include "kafka/embedded/topic.hpp"
#include "simulation/played_run.hpp"

#include <corka/error.hpp>
#include <corka/middleware.hpp>
#include <corka/partitioner.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace corka::simulation_parts {

using namespace std::chrono_literals;

namespace {

bool aborted(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    return e.code() == boost::asio::error::operation_aborted;
  } catch (...) { return false; }
}

}  // namespace

std::shared_ptr<watched_stores> played_run::stores_of(const std::string& name) {
  auto& made = stores_[name];
  if (made) return made;
  auto by = by_.copies(stores_.size());
  const auto manner = by.one_in(2) ? copy_manner::marked : copy_manner::journal;
  auto copies = lmdb_ ? copies_in_lmdb(by) : copies_in_memory(manner, by);
  made = std::make_shared<watched_stores>(std::move(copies), name, truth_, transformed_, by_.stores(stores_.size()));
  return made;
}

void played_run::set_up() {
  auto& topics = lab_->broker().topics();
  for (const auto& [name, partitions] : parts_.topics) topics.create(topic_name{name}, partitions, {});
  for (const auto& f : parts_.feeds) topics.create(topic_name{f.topic}, f.partitions, {});
  for (std::size_t i = 0; i < shape_.instances; ++i) named(i).runs = program_of(instance_name(i));
  schedule_feeds();
  for (const auto& f : plan_) {
    if (disturbs(f.kind)) truth_.disturbed();
    schedule(f);
  }
}

void played_run::schedule_feeds() {
  auto d = by_.feed();
  for (const auto& f : parts_.feeds) {
    // From before the members have shared the partitions; of some runs many at once.
    const clock::duration together = d.one_in(4) ? 1s : 1us;
    std::vector<clock::duration> times;
    for (std::size_t n = 0; n < f.records; ++n) times.push_back(d.up_to(shape_.load) / together * together);
    std::ranges::sort(times);
    for (std::size_t n = 0; n < f.records; ++n) {
      at(lab_->time().now() + times[n], [this, &f, n, random = d.roll()] { feed(f, n, random); });
    }
  }
}

// As a producer that tries again until it is told.
void played_run::feed(const simulation::fed& to, std::size_t n, std::uint64_t random) {
  if (disk_->stopped() || disk_->full()) return after(100ms, [this, &to, n, random] { feed(to, n, random); });
  const auto [key, value] = to.make(n, random);
  const topic_partition where{topic_name{to.topic}, partition_of(key, to.partitions)};
  kafka::embedded::frame_builder frame;
  frame.add(0, lab_->time().wall_ms(), key, value, {});
  truth_.writes(where, "feed");
  std::int64_t base = 0;
  try {
    base = lab_->broker().topics().find(where.topic)->at(where.partition).append(frame);
  } catch (const error&) {
    if (!disk_->stopped()) throw;
    return feed(to, n, random);
  }
  truth_.written(where, base, 1, "feed");
  truth_.acknowledged(where, base, 1);
  if (traces_) lab_->told().tell("feed", fmt::format("{}@{} {} = {}", to_string(where), base, key, value));
}

tester_parts::program played_run::program_of(const std::string& name) {
  tester_parts::program all;
  for (const auto& g : parts_.groups) all.push_back([this, &g, name] { return observed(g, name); });
  all.insert(all.end(), parts_.services.begin(), parts_.services.end());
  return all;
}

std::shared_ptr<service> played_run::observed(const simulation::declared& group, const std::string& name) {
  auto runs = group.what;
  auto options = group.options;
  // Copies that are open at the end are then those that are kept current.
  if (second_life_) options.store_linger = 0ms;
  const void* const life = &lives_.emplace_back();
  auto around = [this, life, name](invocation& call) {
    const topic_partition where{call.topic(), call.partition()};
    const auto at = call.offset() ? call.offset()->value : -1;
    const auto of = call.group().str();
    if (at >= 0) {
      truth_.begun(life, of, where, at);
      if (traces_) lab_->told().tell(name, fmt::format("{} begins {}@{}", of, to_string(where), at));
    }
    return [this, life, name, where, at, of](outcome& o) {
      if (at < 0) return;
      truth_.ended(life, of, where, at, !o.failure);
      if (traces_ && o.failure) {
        lab_->told().tell(
            name, fmt::format("{} {} {}@{}", of, aborted(o.failure) ? "breaks off" : "fails at", to_string(where), at));
      }
    };
  };
  using wrapped = detail::typed_middleware<decltype(around)>;
  runs.middlewares.insert(runs.middlewares.begin(), std::make_shared<const wrapped>(std::move(around)));
  return std::make_shared<processor>(std::move(runs), std::move(options));
}

}  // namespace corka::simulation_parts
