// Recovery of one table partition from a changelog in memory: what corka adds to the broker's time.
//
//   bench_recovery_alone [records] [keys]     2,000,000 records of 100 bytes over 1,000,000 keys
#include "async/thread_execution.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "table/table_recovery.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/resource.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace corka;

/// Hands out records whose bytes are in memory already.
class memory_changelog final : public kafka::record_reader {
 public:
  memory_changelog(std::size_t records, std::size_t keys) : value_(100, 'v') {
    std::mt19937_64 random{1};
    keys_.reserve(records);
    for (std::size_t i = 0; i < records; ++i) {
      char text[17];
      std::snprintf(text, sizeof text, "%016llx",
                    static_cast<unsigned long long>(random() % keys * 0x9E3779B97F4A7C15U));
      keys_.append(text, 16);
    }
  }
  [[nodiscard]] offset_range range() const { return {offset{0}, offset{static_cast<std::int64_t>(keys_.size() / 16)}}; }
  std::unique_ptr<kafka::record_source> open(const topic_partition&, offset from, async::signal::notifier) override {
    return std::make_unique<source>(*this, from);
  }

 private:
  struct source final : kafka::record_source {
    source(const memory_changelog& from, offset start) : of{from}, at{start} {}
    bool poll(kafka::batch_limit limit, kafka::record_batch& into) override {
      into.clear();
      for (; into.records.size() < limit.records && at < of.range().high; at = at.next()) {
        record r;
        r.key = std::string_view{of.keys_}.substr(static_cast<std::size_t>(at.value) * 16, 16);
        r.value = of.value_;
        r.at = at;
        into.records.push_back(r);
        into.bytes += 116;
      }
      into.position = at;
      return !into.records.empty();
    }
    [[nodiscard]] offset_range known_range() const noexcept override { return of.range(); }
    const memory_changelog& of;
    offset at;
  };
  std::string keys_;
  std::string value_;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void run(const char* what, const std::filesystem::path& folder, memory_changelog& changelog) {
  async::thread_execution threads{1, 2};
  const auto cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const auto store = store::lmdb::lmdb_factory{}.open(folder).store;
  tables::table_recovery recovery{threads, changelog, *store, {"bench-table", "id", 0, "text"}, changelog.range(), {}};
  auto ended = boost::asio::co_spawn(threads.worker(0), recovery.run(), boost::asio::use_future);
  const auto result = ended.get();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::printf("%-12s %9llu records in %8.1f ms: %9.0f records/s, CPU %.2f s, max RSS %ld MB, %llu rows, file %zu MB\n",
              what, static_cast<unsigned long long>(result.records), took.count() * 1e3,
              static_cast<double>(result.records) / took.count(), cpu_seconds() - cpu, used.ru_maxrss / 1024,
              static_cast<unsigned long long>(store->stats().rows),
              std::filesystem::file_size(folder / "data.mdb") >> 20U);
}

}  // namespace

int main(int argc, char** argv) {
  const auto records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
  const auto keys = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  const auto folder = std::filesystem::temp_directory_path() / "corka-bench-recovery";
  std::filesystem::remove_all(folder);
  memory_changelog changelog{records, keys};
  run("from nothing", folder, changelog);
  run("nothing new", folder, changelog);
  std::filesystem::remove_all(folder);
}
