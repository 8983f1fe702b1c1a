// What a record costs between its arrival and its acknowledgement, without a broker: poll, rows, dispatch, context,
// value + set on a warm overlay, changelog write, bookkeeping. The transport is memory, and acknowledges in batches.
#include "async/virtual_execution.hpp"
#include "async/wake_list.hpp"
#include "kafka/ports.hpp"
#include "partition/partition_runner.hpp"
#include "store/memory/memory_factory.hpp"

#include <corka/group.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace corka;

constexpr std::size_t records = 500'000;
constexpr std::size_t keys = 1'000;

/// Acknowledges what was sent, many at a time, when `flush` is called.
class instant_producer final : public kafka::producer {
 public:
  struct to_topic final : kafka::output_topic {
    topic_name name{"bench-table"};
    const topic_name& topic() const noexcept override { return name; }
    std::int32_t partitions() const noexcept override { return 1; }
  };

  task<std::shared_ptr<kafka::output_topic>> topic(topic_name) override { co_return std::make_shared<to_topic>(); }
  kafka::sink_id attach(std::shared_ptr<kafka::delivery_sink> sink) override {
    sink_ = std::move(sink);
    return 0;
  }
  void detach(kafka::sink_id) noexcept override { sink_.reset(); }
  void send(const kafka::output_topic&, const kafka::outgoing& what, kafka::sink_id, std::uint64_t tag) override {
    benchmark::DoNotOptimize(what.value.data());
    reports_.push_back({tag, offset{next_++}, {}});
  }
  bool congested() const noexcept override { return false; }
  void hurry() noexcept override {}
  task<> close(clock::time_point) override { co_return; }

  void flush() {
    if (reports_.empty() || !sink_) return;
    sink_->delivered(reports_);
    reports_.clear();
  }

 private:
  std::shared_ptr<kafka::delivery_sink> sink_;
  std::vector<kafka::delivery_report> reports_;
  std::int64_t next_ = 0;
};

/// Hands out prepared records.
class prepared_source final : public kafka::record_source {
 public:
  prepared_source(const std::vector<std::string>& of, instant_producer& out) : keys_{of}, out_{out} {}

  bool poll(kafka::batch_limit limit, kafka::record_batch& into) override {
    out_.flush();
    into.clear();
    const auto n = std::min(limit.records, records - at_);
    for (std::size_t i = 0; i < n; ++i, ++at_) {
      into.records.push_back({.key = keys_[at_ % keys], .value = "x", .at = offset{static_cast<std::int64_t>(at_)}});
    }
    into.position = offset{static_cast<std::int64_t>(at_)};
    return n > 0;
  }
  offset_range known_range() const noexcept override { return {offset{0}, offset{records}}; }

 private:
  const std::vector<std::string>& keys_;
  instant_producer& out_;
  std::size_t at_ = 0;
};

class prepared_reader final : public kafka::record_reader {
 public:
  prepared_reader(const std::vector<std::string>& of, instant_producer& out) : keys_{of}, out_{out} {}
  std::unique_ptr<kafka::record_source> open(const topic_partition&, offset, async::signal::notifier) override {
    return std::make_unique<prepared_source>(keys_, out_);
  }

 private:
  const std::vector<std::string>& keys_;
  instant_producer& out_;
};

void run(benchmark::State& state, const group<std::int64_t>& counters) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys; ++i) names.push_back("user-" + std::to_string(1'000'000'000 + i));
  const processor_options options;
  for (auto _ : state) {
    state.PauseTiming();
    async::virtual_execution threads;
    const auto producer = std::make_shared<instant_producer>();
    async::wake_list changed;
    partition::environment env;
    env.group = &counters.declared();
    env.options = &options;
    env.threads = &threads;
    env.changed = &changed;
    env.producer = producer;
    env.outputs[counters.table().topic()] = std::make_shared<instant_producer::to_topic>();
    store::memory::memory_factory stores;
    std::shared_ptr<store::table_store> store = stores.open("bench").store;
    prepared_reader reader{names, *producer};
    partition::start_point start;
    start.inputs.push_back({{topic_name{"in"}, partition_id{0}}, offset{0}});
    start.ends.push_back(offset{records});
    start.table = {counters.table().topic().str(), "", 0, "decimal"};
    partition::partition_runner runner{env, partition_id{0}, threads.executor(), 0, start, store, [](auto) {}};
    threads.start(runner.run(reader));
    state.ResumeTiming();
    threads.settle();  // all records: nothing waits for time
    state.PauseTiming();
    const auto done = runner.status().inputs.front().in.records;
    if (done != records) state.SkipWithError("not all records were processed");
    runner.abandon();
    threads.settle();
    state.ResumeTiming();
  }
  state.counters["each"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(records),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void plain_callback(benchmark::State& state) {
  group<std::int64_t> counters{"bench"};
  counters.input(stream<std::string>{"in"},
                 [](context<std::int64_t>& ctx, const std::string&) { ctx.set(ctx.value().value_or(0) + 1); });
  run(state, counters);
}

void coroutine_callback(benchmark::State& state) {
  group<std::int64_t> counters{"bench"};
  counters.input(stream<std::string>{"in"}, [](context<std::int64_t>& ctx, std::string) -> task<> {
    ctx.set(ctx.value().value_or(0) + 1);
    co_return;
  });
  run(state, counters);
}

}  // namespace

BENCHMARK(plain_callback)->Unit(benchmark::kMillisecond);
BENCHMARK(coroutine_callback)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
