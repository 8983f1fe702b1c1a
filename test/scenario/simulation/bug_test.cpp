// Linked with a copy of one source that has a known bug.
#include "simulate/graphs.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

TEST_CASE("the bug is found within 500 seeds") {
  const auto graphs = simulate::graphs();
  std::string found;
  for (std::uint64_t seed = 0; seed < 500 && found.empty(); ++seed) {
    for (const auto& graph : graphs) {
      const auto result = graph.play(seed);
      if (result.passed()) continue;
      found = graph.name() + ", seed " + std::to_string(seed) + ": " + result.failure;
      break;
    }
  }
  MESSAGE(found);
  CHECK_FALSE(found.empty());
}
