// Stores: batches in, rows out. 1,000,000 rows of 16-byte keys and 100-byte values.
#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace corka;

constexpr std::size_t total_rows = 1'000'000;
const store::identity table{"bench-table", "id", 0, "text"};

std::string key_of(std::size_t n) {
  // Spread, so that neighbours in time are not neighbours in the table.
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(n * 0x9E3779B97F4A7C15U));
  return {text, 16};
}

store::checkpoint at(std::int64_t n) {
  store::checkpoint c;
  c.changelog = offset{n};
  return c;
}

/// A folder and a store in it, empty or filled with `rows` rows.
template <class Factory>
struct subject {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / "corka-bench-store";
  Factory factory{};
  std::unique_ptr<store::table_store> store;
  std::mt19937_64 random{1};
  std::size_t rows = 0;

  subject() { anew(); }
  ~subject() { std::filesystem::remove_all(folder); }
  void anew() {
    store.reset();
    std::filesystem::remove_all(folder);
    factory = Factory{};
    store = factory.open(folder).store;
  }
  void fill(std::size_t n = total_rows) {
    rows = n;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < rows; ++i) keys.push_back(key_of(i));
    std::sort(keys.begin(), keys.end());
    write(keys);
  }
  std::vector<std::string> some_keys(std::size_t n) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < n; ++i) keys.push_back(key_of(random() % rows));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }
  void write(const std::vector<std::string>& sorted) {
    const std::string value(100, 'v');
    std::vector<store::change> changes;
    changes.reserve(sorted.size());
    for (const auto& k : sorted) changes.push_back({k, value, false});
    store->apply(changes, table, at(1));
  }
};

/// Sorted batches of `range(0)` random rows into a table of `range(1)` rows.
template <class Factory>
void put_batch(benchmark::State& state) {
  subject<Factory> s;
  s.fill(static_cast<std::size_t>(state.range(1)));
  std::size_t rows = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto keys = s.some_keys(static_cast<std::size_t>(state.range(0)));
    state.ResumeTiming();
    s.write(keys);
    rows += keys.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

/// All rows at once into an empty table.
template <class Factory>
void fill_empty(benchmark::State& state) {
  subject<Factory> s;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < total_rows; ++i) keys.push_back(key_of(i));
  std::sort(keys.begin(), keys.end());
  for (auto _ : state) {
    state.PauseTiming();
    s.anew();
    state.ResumeTiming();
    s.write(keys);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * total_rows));
}

/// Multi-get of `range(0)` sorted keys that are all there.
template <class Factory>
void get_batch(benchmark::State& state) {
  subject<Factory> s;
  s.fill();
  std::size_t rows = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto keys = s.some_keys(static_cast<std::size_t>(state.range(0)));
    const std::vector<std::string_view> views{keys.begin(), keys.end()};
    state.ResumeTiming();
    s.store->get(views, [&](std::size_t, std::string_view value) { bytes += value.size(); });
    rows += views.size();
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

template <class Factory>
void scan(benchmark::State& state) {
  subject<Factory> s;
  s.fill();
  std::size_t bytes = 0;
  for (auto _ : state) {
    s.store->read()->range({}, std::nullopt, false, [&](std::string_view key, std::string_view value) {
      bytes += key.size() + value.size();
      return true;
    });
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * total_rows));
}

/// From a closed store of all rows to its checkpoint.
void open_full(benchmark::State& state) {
  subject<store::lmdb::lmdb_factory> s;
  s.fill();
  s.store.reset();
  for (auto _ : state) {
    auto opened = s.factory.open(s.folder);
    benchmark::DoNotOptimize(opened.store->last_checkpoint());
  }
}

using store::lmdb::lmdb_factory;
using store::memory::memory_factory;
BENCHMARK(put_batch<lmdb_factory>)
    ->Args({10'000, 12'500})
    ->Args({1'000, 1'000'000})
    ->Args({10'000, 1'000'000})
    ->Args({200'000, 1'000'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(put_batch<memory_factory>)->Args({10'000, 1'000'000})->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(fill_empty<lmdb_factory>)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(get_batch<lmdb_factory>)->Arg(1)->Arg(1'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(get_batch<memory_factory>)->Arg(1)->Arg(1'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(scan<lmdb_factory>)->Unit(benchmark::kMillisecond);
BENCHMARK(open_full)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
