// A view on real threads: written to, read, watched and ended from several at once.
#include "support/temporary_folder.hpp"

#include <corka/emitter.hpp>
#include <corka/runtime.hpp>
#include <corka/view.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace corka::test {

TEST_CASE(
    "view: on real threads, read by some while others write, it is never behind what was awaited, nor out of order") {
  const temporary_folder folder;
  runtime_options options;
  options.state_dir = folder / "state";
  options.workers = 3;
  options.least = log_level::error;
  runtime on{options};
  emitter_options making;
  making.create_with_partitions = 4;
  emitter<std::int64_t> numbers{stream<std::int64_t>{"numbers"}, making};
  auto emitting = std::async(std::launch::async, [&] { on.run(numbers.run(on)); });
  on.run(numbers.ready());

  for (int round = 0; round < 3; ++round) {
    view<std::int64_t> v{table<std::int64_t>{"numbers"}};
    auto viewing = std::async(std::launch::async, [&] { on.run(v.run(on)); });
    on.run(v.ready());
    const auto watching = v.watch_prefix("k");

    std::atomic<bool> done{false};
    std::atomic<int> backwards{0};
    std::vector<std::thread> readers;
    for (int r = 0; r < 2; ++r) {
      readers.emplace_back([&, key = "k" + std::to_string(r)] {
        std::int64_t last = -1;
        while (!done) {
          try {
            const auto now = v.get(key).value_or(-1);
            if (now < last) ++backwards;
            last = now;
            static_cast<void>(v.rows({}, 3));
            static_cast<void>(v.status());
          } catch (const error& e) {
            if (e.kind() != errc::not_recovered) throw;
          }
        }
      });
    }
    int behind = 0;
    const auto write = [&](std::int64_t base) -> task<> {
      for (std::int64_t i = 0; i < 200; ++i) {
        const auto sent = numbers.emit("k" + std::to_string(i % 5), base + i);
        const auto at = co_await sent.acked();
        const auto seen = co_await v.get("k" + std::to_string(i % 5), at_least{at});
        if (seen != base + i) ++behind;
      }
    };
    on.run(write(round * 1'000));
    CHECK(behind == 0);
    std::vector<view_change<std::int64_t>> changes;
    const auto watch = [&]() -> task<> {
      while (true) {
        auto change = co_await watching.next();
        if (!change) break;
        changes.push_back(std::move(*change));
      }
    };
    auto watched = std::async(std::launch::async, [&] { on.run(watch()); });
    v.stop();
    viewing.get();
    watched.get();
    done = true;
    for (auto& r : readers) r.join();
    CHECK(backwards == 0);
    CHECK(changes.size() == 5);  // the last value of each row
    for (const auto& c : changes) CHECK(c.value >= round * 1'000 + 195);
  }
  numbers.stop();
  emitting.get();
}

}  // namespace corka::test
