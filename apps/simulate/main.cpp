// simulate: plays graphs by seed while everything goes wrong that can, and says which seeds break something.
//
//   simulate [--graph NAME] --seeds A..B     both included, on all cores; exit code 1 if any fails
//   simulate --graph NAME --seed N [--trace] one seed; the faults are left out as far as it fails without them
//   … --lmdb                                 local copies are in LMDB, on the machine's disk
#include "graphs.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

struct wanted {
  std::string graph;  // empty: all
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  std::optional<std::uint64_t> one;
  bool trace = false;
  bool lmdb = false;
};

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty())
    throw std::invalid_argument{"'" + std::string{text} + "' is no number"};
  return n;
}

wanted read(const std::vector<std::string_view>& arguments) {
  wanted w;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto value = [&] {
      if (++i == arguments.size()) throw std::invalid_argument{std::string{arguments[i - 1]} + " needs a value"};
      return arguments[i];
    };
    if (arguments[i] == "--trace") {
      w.trace = true;
    } else if (arguments[i] == "--lmdb") {
      w.lmdb = true;
    } else if (arguments[i] == "--graph") {
      w.graph = value();
    } else if (arguments[i] == "--seed") {
      w.one = number(value());
    } else if (arguments[i] == "--seeds") {
      const auto range = value();
      const auto dots = range.find("..");
      if (dots == std::string_view::npos) throw std::invalid_argument{"--seeds is FIRST..LAST, as in 1..1000"};
      w.first = number(range.substr(0, dots));
      w.last = number(range.substr(dots + 2));
      if (w.last < w.first) throw std::invalid_argument{"--seeds: there is none in " + std::string{range}};
    } else {
      throw std::invalid_argument{
          "usage: simulate [--graph NAME] [--lmdb] [--seeds FIRST..LAST | --seed N [--trace]]; graphs: counting, "
          "concurrent, loop, chain; seeds: 1..100 where none are given"};
    }
  }
  return w;
}

void tell(const corka::simulation& graph, const corka::simulation_result& r) {
  std::printf("%s seed %llu: %s (%.1f virtual seconds, %llu handlers)\n", graph.name().c_str(),
              static_cast<unsigned long long>(r.seed), r.passed() ? "passed" : r.failure.c_str(), r.seconds,
              static_cast<unsigned long long>(r.steps));
  if (r.passed()) return;
  if (r.faults.empty()) std::printf("    without any fault\n");
  for (const auto& f : r.faults) std::printf("    %s\n", f.c_str());
}

bool play_one(const corka::simulation& graph, const wanted& w) {
  const auto r = graph.play(*w.one, {.trace = w.trace, .shrink = true, .lmdb = w.lmdb});
  if (w.trace) std::printf("%s", r.trace.c_str());
  tell(graph, r);
  return r.passed();
}

bool play_many(const std::vector<corka::simulation>& graphs, const wanted& w) {
  std::atomic<std::uint64_t> next{w.first};
  std::atomic<std::uint64_t> failed{0};
  std::mutex printing;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) {
    threads.emplace_back([&] {
      for (auto seed = next++; seed <= w.last; seed = next++) {
        for (const auto& graph : graphs) {
          const auto r = graph.play(seed, {.shrink = true, .lmdb = w.lmdb});
          if (r.passed()) continue;
          ++failed;
          const std::lock_guard lock{printing};
          tell(graph, r);
          std::printf("    again: simulate --graph %s%s --seed %llu --trace\n", graph.name().c_str(),
                      w.lmdb ? " --lmdb" : "", static_cast<unsigned long long>(seed));
          std::fflush(stdout);
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  std::printf("%llu seeds, %zu graphs: %llu failed\n", static_cast<unsigned long long>(w.last - w.first + 1),
              graphs.size(), static_cast<unsigned long long>(failed.load()));
  return failed == 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto w = read({argv + 1, argv + argc});
    auto all = simulate::graphs();
    if (!w.graph.empty()) {
      std::erase_if(all, [&](const auto& g) { return g.name() != w.graph; });
      if (all.empty()) throw std::invalid_argument{"there is no graph '" + w.graph + "'"};
    }
    if (!w.one) return play_many(all, w) ? 0 : 1;
    bool passed = true;
    for (const auto& g : all) passed = play_one(g, w) && passed;
    return passed ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "simulate: %s\n", e.what());
    return 2;
  }
}
