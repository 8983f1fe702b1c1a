// The small parts on the road of a record, each alone.
#include "partition/commit_tracker.hpp"
#include "partition/send_ledger.hpp"
#include "support/workload.hpp"
#include "table/overlay.hpp"

#include <corka/codec.hpp>
#include <corka/json.hpp>
#include <corka/partitioner.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

struct flight {
  std::string carrier;
  std::string dest;
  std::int64_t distance = 0;
  std::int64_t delay = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(flight, carrier, dest, distance, delay)

namespace {

using namespace corka;

constexpr std::size_t some_keys = 10'000;
/// Acknowledgements come this many records later.
constexpr std::uint64_t behind = 1'000;

std::vector<std::string> make_keys() {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < some_keys; ++i) keys.push_back(bench::key_text(i));
  return keys;
}

void fill(tables::overlay& rows, const std::vector<std::string>& keys) {
  for (const auto& key : keys) rows.loaded(rows.at(key), "0");
}

void overlay_find_and_write(benchmark::State& state) {
  const auto keys = make_keys();
  tables::overlay rows;
  fill(rows, keys);
  std::size_t i = 0;
  for (auto _ : state) {
    rows.write(rows.at(keys[i]), "12345");
    if (++i == keys.size()) i = 0;
  }
}

/// A checkpoint's share of the worker: dirty rows are copied, sorted and forgotten.
void overlay_cut_of_10000_rows(benchmark::State& state) {
  const auto keys = make_keys();
  tables::overlay rows;
  fill(rows, keys);
  for (auto _ : state) {
    state.PauseTiming();
    for (const auto& key : keys) rows.write(rows.at(key), "12345");
    state.ResumeTiming();
    auto frozen = rows.freeze();
    frozen.sort();
    benchmark::DoNotOptimize(frozen.changes.data());
    rows.thaw();
  }
}

/// A record with one send.
void commit_tracker_record(benchmark::State& state) {
  partition::commit_tracker tracker{offset{0}};
  std::int64_t at = 0;
  for (auto _ : state) {
    const auto slot = tracker.begin(offset{at++});
    tracker.sent(slot);
    tracker.finished(slot);
    if (slot >= behind) tracker.acked(slot - behind);
  }
  benchmark::DoNotOptimize(tracker.watermark());
}

void send_ledger_send(benchmark::State& state) {
  partition::send_ledger ledger;
  for (auto _ : state) {
    const auto tag = ledger.open({.slot = 1, .input = 0, .purpose = partition::sent_for::changelog});
    if (tag >= behind) benchmark::DoNotOptimize(ledger.close(tag - behind));
  }
}

void partition_of_key(benchmark::State& state) {
  const auto keys = make_keys();
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(partition_of(keys[i], bench::partitions));
    if (++i == keys.size()) i = 0;
  }
}

template <class Codec, class T>
void encode(benchmark::State& state, const T& value) {
  const Codec codec{};
  std::string into;
  for (auto _ : state) {
    into.clear();
    codec.encode(value, into);
    benchmark::DoNotOptimize(into.data());
  }
}

template <class Codec, class T>
void decode(benchmark::State& state, const T& value) {
  const Codec codec{};
  std::string bytes;
  codec.encode(value, bytes);
  for (auto _ : state) {
    auto read = codec.decode(bytes);
    benchmark::DoNotOptimize(read);
  }
}

const flight example{"UA", "IAH", 1'400, -17};

void decimal_encode(benchmark::State& state) { encode<codec::decimal<std::int64_t>>(state, std::int64_t{1'234'567}); }
void decimal_decode(benchmark::State& state) { decode<codec::decimal<std::int64_t>>(state, std::int64_t{1'234'567}); }
void json_encode_4_fields(benchmark::State& state) { encode<codec::json<flight>>(state, example); }
void json_decode_4_fields(benchmark::State& state) { decode<codec::json<flight>>(state, example); }

}  // namespace

BENCHMARK(overlay_find_and_write);
BENCHMARK(overlay_cut_of_10000_rows)->Unit(benchmark::kMicrosecond);
BENCHMARK(commit_tracker_record);
BENCHMARK(send_ledger_send);
BENCHMARK(partition_of_key);
BENCHMARK(decimal_encode);
BENCHMARK(decimal_decode);
BENCHMARK(json_encode_4_fields);
BENCHMARK(json_decode_4_fields);
BENCHMARK_MAIN();
