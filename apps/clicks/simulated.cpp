// A simulation of clicks: whatever goes wrong, no click is lost.
#define main clicks_main
#include "main.cpp"
#undef main

#include <doctest/doctest.h>
#include <corka/simulation.hpp>

TEST_CASE("whatever goes wrong, no click is lost, and none is counted twice where nothing does") {
  corka::simulation s{"clicks"};
  s.topic("alerts", 2);
  s.feed("clicks", 2, 20, [](std::size_t, std::uint64_t random) {  // 20 records in 2 partitions
    return std::pair{"user" + std::to_string(random % 3), std::string{R"({"page":"/"})"}};
  });
  s.run(clickers());
  s.at_the_end("the sum of counts", [](const corka::simulated_state& state) -> std::string {
    int n = 0;
    for (const auto& [user, count] : state.table("clickers-table")) n += std::stoi(count);
    return n == 20 || (n > 20 && !state.clean()) || state.stale_writes() ? "" : "it is " + std::to_string(n);
  });
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto result = s.play(seed, {.trace = true, .shrink = true});  // .failure, .faults, .trace
    CHECK_MESSAGE(result.passed(), "seed ", seed, ": ", result.failure, "\n", result.trace);
  }
}
