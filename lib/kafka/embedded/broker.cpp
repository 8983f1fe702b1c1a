#include "kafka/embedded/broker.hpp"

#include "async/timer.hpp"
#include "base/directory_lock.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/faults.hpp"
#include "kafka/embedded/link.hpp"
#include "kafka/embedded/offset_store.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace corka::kafka::embedded {

/// What the coroutine that calls `maintain` shares with the broker, which may end while it waits.
struct broker::maintenance {
  maintenance(executor ex, clock& time) : wait{std::move(ex), time} {}
  async::timer wait;   // on the executor only
  bool ended = false;  // on the executor only

  static task<> run(std::shared_ptr<maintenance> m, std::weak_ptr<broker> weak, std::chrono::milliseconds interval) {
    while (!m->ended) {
      co_await m->wait.wait_for(interval);
      const auto b = weak.lock();
      if (m->ended || !b) co_return;
      const auto maintain = [b = b.get()] {
        try {
          b->maintain();
        } catch (const std::exception& e) {
          b->tell_failure(fmt::format("retention and compaction stopped early: {}", e.what()));
        }
      };
      co_await async::blocking(b->on_, maintain);
    }
  }
};

std::shared_ptr<broker> broker::open(async::execution& on, broker_options options) {
  if (options.segment_bytes < 64U << 10U) {
    throw error{errc::invalid_option,
                fmt::format("embedded broker: segment_bytes is {}, and must be at least 65536", options.segment_bytes)};
  }
  if (options.faults && options.directory && !options.files)
    throw error{errc::invalid_option,
                "embedded broker: a fault plan is for brokers in memory: leave out the directory"};
  std::shared_ptr<broker> b;
  try {
    b.reset(new broker{on, std::move(options)});
  } catch (const std::filesystem::filesystem_error& e) {
    throw error{
        errc::store_failed,
        fmt::format("embedded broker: {} (check the disk and its rights, or choose another --state-dir)", e.what())};
  }
  const auto interval = b->options_.maintenance_interval;
  if (interval.count() > 0) {
    const auto ex = on.worker(0);
    b->maintenance_ = std::make_shared<maintenance>(ex, on.time());
    boost::asio::co_spawn(ex, maintenance::run(b->maintenance_, b, interval), boost::asio::detached);
  }
  return b;
}

broker::broker(async::execution& on, broker_options options) : on_{on}, options_{std::move(options)} {
  partition_log::settings topics{{}, options_.segment_bytes, options_.fsync};
  if (options_.files) topics.on = options_.files;
  auto offsets = topics;
  if (options_.directory) {
    if (!options_.files) lock_ = std::make_unique<directory_lock>("embedded broker's folder", *options_.directory);
    topics.directory = *options_.directory / "topics";
    offsets.directory = *options_.directory / "offsets";
  }
  offsets_ = std::make_unique<offset_store>(std::move(offsets), options_.log);
  topics_ = std::make_unique<catalog>(std::move(topics), options_.seed, options_.log);
  groups_ = std::make_unique<coordinator>(on_.time(), *offsets_, options_.log);
}

broker::~broker() {
  if (!maintenance_) return;
  boost::asio::post(on_.worker(0), [m = std::move(maintenance_)] {
    m->ended = true;
    m->wait.cancel();
  });
}

void broker::maintain(bool forced) {
  const auto now = time().wall_ms();
  for (const auto& t : topics_->all()) t->maintain(now, forced);
  offsets_->maintain(now, forced);
}

void broker::grow_topic(const topic_name& name, std::int32_t partitions) {
  topics_->grow(name, partitions);
  groups_->grown(name, partitions);
}

bool broker::remove_topic(const topic_name& name) {
  if (!topics_->remove(name)) return false;
  offsets_->forget(name, time().wall_ms());
  return true;
}

std::shared_ptr<link> broker::connect(std::string client_id, async::signal::notifier changed) {
  auto made = std::make_shared<link>(std::move(client_id), std::move(changed));
  const std::lock_guard lock{mutex_};
  std::erase_if(links_, [](const auto& weak) { return weak.expired(); });
  links_.push_back(made);
  if (!reachable_) made->set_broker_up(false);
  if (std::find(cut_.begin(), cut_.end(), made->client_id()) != cut_.end()) made->set_client_up(false);
  return made;
}

void broker::wake_readers() {
  for (const auto& t : topics_->all()) t->wake_all();
}

void broker::set_reachable(bool reachable) {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(reachable_, reachable) == reachable) return;
    if (reachable) groups_->forgive();
    for (const auto& weak : links_) {
      if (const auto l = weak.lock(); l) l->set_broker_up(reachable);
    }
  }
  wake_readers();
}

void broker::set_reachable(std::string_view client_id, bool reachable) {
  {
    const std::lock_guard lock{mutex_};
    std::erase(cut_, client_id);
    if (!reachable) cut_.emplace_back(client_id);
    for (const auto& weak : links_) {
      if (const auto l = weak.lock(); l && l->client_id() == client_id) l->set_client_up(reachable);
    }
  }
  wake_readers();
}

void broker::time_out_deliveries(const topic_name& topic, std::size_t batches) {
  const std::lock_guard lock{mutex_};
  timing_out_ = topics_->find(topic);
  time_outs_ = timing_out_ ? batches : 0;
}

void broker::reopen(bool forget_members) {
  ++life_;
  topics_->reopen();
  offsets_->reopen(options_.log);
  if (forget_members) groups_->forget();
}

void broker::change(const std::function<void()>& call) {
  try {
    call();
  } catch (const error&) {
    if (faults() == nullptr || !faults()->crashed()) throw;
    throw error{errc::broker_unavailable, "the embedded broker has crashed: try again"};
  }
}

void broker::tell_failure(const std::string& what) const {
  if (faults() == nullptr || !faults()->crashed()) options_.log.error(what);
}

bool broker::times_out(const hosted_partition& at) {
  if (time_outs_.load(std::memory_order_relaxed) == 0) return false;
  const std::lock_guard lock{mutex_};
  if (time_outs_ == 0) return false;
  for (std::int32_t p = 0; p < timing_out_->partitions(); ++p) {
    if (&timing_out_->at(partition_id{p}) != &at) continue;
    --time_outs_;
    return true;
  }
  return false;
}

std::size_t broker::expire(const group_name& group, std::string_view client_id) {
  return groups_->expire(group, client_id);
}

}  // namespace corka::kafka::embedded
