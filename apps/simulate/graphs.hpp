// The graphs that are simulated.
#pragma once

#include <corka/simulation.hpp>

#include <string>
#include <vector>

namespace simulate {

/// counting: one group with state and an output. concurrent: the same with suspended callbacks. loop: a group that
/// works by its loop. chain: two groups, one reading and joining what the other one writes, with views and standbys.
[[nodiscard]] std::vector<corka::simulation> graphs();

}  // namespace simulate
