// Clients on several worker threads at once.
#include "async/signal.hpp"
#include "async/thread_execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace corka;
using namespace corka::kafka;

namespace {

constexpr int partitions = 4;
constexpr int each = 4'000;

struct counting_sink final : delivery_sink {
  explicit counting_sink(async::signal::notifier n) : changed{std::move(n)} {}
  void delivered(std::span<const delivery_report> r) noexcept override {
    for (const auto& one : r) failed += one.failed ? 1 : 0;
    reported += static_cast<int>(r.size());
    changed();
  }
  async::signal::notifier changed;
  std::atomic<int> reported{0};
  std::atomic<int> failed{0};
};

/// Writes `each` records to every partition; `who` is in the key.
task<int> write(std::shared_ptr<producer> to, std::shared_ptr<output_topic> output, executor ex, std::string who) {
  async::signal changed{ex};
  const auto sink = std::make_shared<counting_sink>(changed.remote());
  const auto id = to->attach(sink);
  for (int i = 0; i < each; ++i) {
    for (std::int32_t p = 0; p < partitions; ++p) {
      const auto value = std::to_string(i);
      outgoing what;
      what.partition = partition_id{p};
      what.key = who;
      what.value = value;
      to->send(*output, what, id, static_cast<std::uint64_t>(i));
    }
    while (sink->reported < (i + 1) * partitions && to->congested()) co_await changed.wait();
  }
  to->hurry();
  while (sink->reported < each * partitions) co_await changed.wait();
  to->detach(id);
  co_return sink->failed.load();
}

/// Reads a partition until `records` came; every writer's are in order. Returns how many were not.
task<int> read(std::shared_ptr<cluster> from, executor ex, topic_partition where, int records) {
  const auto reader = from->reader("reader", ex);
  async::signal arrived{ex};
  const auto source = reader->open(where, offset{0}, arrived.remote());
  record_batch batch;
  std::map<std::string, int, std::less<>> next;
  int wrong = 0;
  std::int64_t at = 0;
  while (at < records) {
    const bool more = source->poll({}, batch);
    for (const auto& r : batch.records) {
      if (r.at.value != at++) ++wrong;
      auto& expected = next[std::string{r.key}];
      if (std::string{r.value} != std::to_string(expected++)) ++wrong;
    }
    if (!more) co_await arrived.wait();
  }
  co_return wrong;
}

void several_at_once(std::optional<std::filesystem::path> directory) {
  async::thread_execution threads{3, 2};
  embedded::broker_options options;
  options.directory = std::move(directory);
  options.segment_bytes = 64U << 10U;
  options.maintenance_interval = std::chrono::milliseconds{1};
  const auto broker = embedded::broker::open(threads, options);
  const auto cluster = embedded::make_cluster(broker);
  const auto on = [&](std::size_t worker, auto t) {
    return boost::asio::co_spawn(threads.worker(worker), std::move(t), boost::asio::use_future);
  };
  const auto admin = cluster->make_admin(threads.worker(0));
  std::vector<new_topic> topics{{topic_name{"clicks"}, partitions, -1, {{"retention.bytes", "100000000"}}}};
  on(0, admin->create(std::move(topics))).get();
  producer_options with;
  with.buffer_records = 1'000;
  const auto producer = cluster->make_producer(with, threads.worker(0));
  const auto output = on(0, producer->topic(topic_name{"clicks"})).get();

  std::vector<std::future<int>> writers;
  std::vector<std::future<int>> readers;
  for (std::int32_t p = 0; p < partitions; ++p) {
    const auto worker = static_cast<std::size_t>(p) % 3;
    readers.push_back(
        on(worker, read(cluster, threads.worker(worker), {topic_name{"clicks"}, partition_id{p}}, 2 * each)));
  }
  for (std::size_t w = 0; w < 2; ++w) {
    writers.push_back(on(w, write(producer, output, threads.worker(w), "writer" + std::to_string(w))));
  }
  for (auto& w : writers) CHECK(w.get() == 0);
  for (auto& r : readers) CHECK(r.get() == 0);
  on(0, producer->close(threads.time().now() + std::chrono::seconds{10})).get();
}

}  // namespace

TEST_CASE("broker: writers and readers on several threads see every record once, in order") {
  SUBCASE("in memory") { several_at_once(std::nullopt); }
  SUBCASE("on disk") {
    const test::temporary_folder folder;
    several_at_once(folder / "broker");
  }
}

namespace {

/// Stays in a group for a while, committing all the time; how often it was given something.
task<int> take_part(std::shared_ptr<cluster> in, executor ex, std::string name, int events) {
  member_options options;
  options.group = group_name{"g"};
  options.driver = topic_name{"clicks"};
  options.client_id = std::move(name);
  options.heartbeat_interval = std::chrono::milliseconds{1};
  const auto m = in->join(options, ex);
  int given = 0;
  while (events > 0) {
    const auto event = co_await m->next();
    if (const auto* a = std::get_if<assigned>(&event); a != nullptr) {
      ++given;
      --events;
      m->accept(*a, {});
      std::vector<position> positions;
      for (const auto p : a->partitions) positions.push_back({{topic_name{"clicks"}, p}, offset{given}});
      const auto failed = co_await m->commit(std::move(positions));
      if (failed) throw error{errc::internal, "a held partition could not be committed"};
    } else if (const auto* r = std::get_if<revoked>(&event); r != nullptr) {
      m->release(r->partitions);
    } else if (const auto* l = std::get_if<lost>(&event); l != nullptr) {
      m->release(l->partitions);
    }
  }
  co_await m->close(clock::time_point{});
  co_return given;
}

}  // namespace

TEST_CASE("broker: members on several threads come and go") {
  async::thread_execution threads{3, 1};
  const auto broker = embedded::broker::open(threads, {});
  const auto cluster = embedded::make_cluster(broker);
  const auto admin = cluster->make_admin(threads.worker(0));
  std::vector<new_topic> topics{{topic_name{"clicks"}, 6, -1, {}}};
  boost::asio::co_spawn(threads.worker(0), admin->create(std::move(topics)), boost::asio::use_future).get();
  for (int round = 0; round < 10; ++round) {
    std::vector<std::future<int>> members;
    for (std::size_t i = 0; i < 3; ++i) {
      members.push_back(boost::asio::co_spawn(threads.worker(i),
                                              take_part(cluster, threads.worker(i), "m" + std::to_string(i), 1),
                                              boost::asio::use_future));
    }
    for (auto& m : members) CHECK(m.get() == 1);
  }
}
