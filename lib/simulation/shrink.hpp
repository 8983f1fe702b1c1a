// The least that still goes wrong.
#pragma once

#include "simulation/plan.hpp"

#include <functional>
#include <vector>

namespace corka::simulation_parts {

/// Leaves out faults, halves of them first, then single ones, as long as `fails` says so of what is left; returns a
/// plan none of whose faults can be left out. `fails(plan)` is taken to be true.
[[nodiscard]] std::vector<fault> shrink(std::vector<fault> plan,
                                        const std::function<bool(const std::vector<fault>&)>& fails);

}  // namespace corka::simulation_parts
