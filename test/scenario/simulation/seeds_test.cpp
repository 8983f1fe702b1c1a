// What the seeds of the shipped graphs must come to.
#include "simulate/graphs.hpp"

#include <corka/simulation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>

namespace {

using namespace corka;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t share = 10;  // these are as many times slower
#endif
#endif
#if !defined(__has_feature) || !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
constexpr std::uint64_t share = 1;
#endif

const simulation& graph(const std::string& name) {
  static const auto all = simulate::graphs();
  return *std::ranges::find(all, name, &simulation::name);
}

void play(const std::string& name, std::uint64_t from, std::uint64_t to, bool lmdb = false) {
  for (auto seed = from; seed < from + (to - from) / share; ++seed) {
    const auto result = graph(name).play(seed, {.shrink = true, .lmdb = lmdb});
    if (result.passed()) continue;
    std::string faults;
    for (const auto& f : result.faults) faults += "\n  " + f;
    FAIL_CHECK("seed " << seed << ": " << result.failure << faults << "\nagain: simulate --graph " << name
                       << std::string{lmdb ? " --lmdb" : ""} << " --seed " << seed << " --trace");
  }
}

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
}

}  // namespace

TEST_SUITE("simulation") {
  TEST_CASE("counting: seeds 0 to 399") { play("counting", 0, 400); }
  TEST_CASE("concurrent: seeds 0 to 249") { play("concurrent", 0, 250); }
  TEST_CASE("loop: seeds 0 to 199") { play("loop", 0, 200); }
  TEST_CASE("chain: seeds 0 to 149") { play("chain", 0, 150); }

  TEST_CASE("with real copies in LMDB: seeds 0 to 24 of each graph") {
    for (const std::string name : {"counting", "concurrent", "loop", "chain"}) play(name, 0, 25, true);
  }

  TEST_CASE("seeds that found something go on being played") {
    play("concurrent", 57, 57 + share);      // began a record on its way back to the last commit, and hung
    play("concurrent", 3142, 3142 + share);  // a partition outlived its session, and looked into it
    play("chain", 86, 86 + share);           // broken connections outlived their healing
  }

  TEST_CASE("the same seed tells the same story, byte for byte; another one another") {
    for (const std::string name : {"counting", "concurrent", "loop", "chain"}) {
      CAPTURE(name);
      for (std::uint64_t seed = 20; seed < 30; ++seed) {
        const auto one = graph(name).play(seed, {.trace = true});
        const auto two = graph(name).play(seed, {.trace = true});
        CHECK(one.trace.size() > 2'000);
        CHECK(one.trace == two.trace);
        CHECK(one.steps == two.steps);
        if (seed < 22)
          CHECK(graph(name).play(seed, {.lmdb = true}).steps == graph(name).play(seed, {.lmdb = true}).steps);
        CHECK(one.trace != graph(name).play(seed + 100, {.trace = true}).trace);
      }
    }
  }

  TEST_CASE("a story has virtual times, what went wrong, and what everybody did") {
    std::string all;
    for (std::uint64_t seed = 0; seed < 20; ++seed) all += graph("counting").play(seed, {.trace = true}).trace;
    for (const auto* part : {" s  a ", "feed ", "fault ", "is killed", "recorders begins events/", "recorders commits",
                             "is given partitions", "writes recorders-table/"}) {
      CAPTURE(part);
      CHECK(all.find(part) != std::string::npos);
    }
  }

  TEST_CASE("some seeds are clean, most are not, and all kinds of faults come up") {
    std::size_t clean = 0;
    std::string all;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      const auto result = graph("counting").play(seed);
      clean += result.faults.empty() ? 1 : 0;
      for (const auto& f : result.faults) all += f + "\n";
    }
    CHECK(clean > 5);
    CHECK(clean < 50);
    for (const auto* kind :
         {"is killed, and",  "loses its power",  "copies are lost", "is stopped",      "stands still",
          "is cut off",      "broker is away",   "broker crashes",  "session expires", "comes and goes",
          "clocks jump",     "wall clock",       "compacts",        "deliveries fail", "answers to writes are lost",
          "writes are slow", "fetches are slow", "commits fail",    "disk is full",    "the disk of instance"}) {
      CAPTURE(kind);
      CHECK(all.find(kind) != std::string::npos);
    }
  }

  TEST_CASE("no file is left open") {
    static_cast<void>(graph("chain").play(1));
    const auto before = open_files();
    for (std::uint64_t seed = 0; seed < 20; ++seed) static_cast<void>(graph("chain").play(seed));
    CHECK(open_files() == before);
  }
}
