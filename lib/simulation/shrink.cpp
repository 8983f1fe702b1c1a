#include "simulation/shrink.hpp"

#include <algorithm>
#include <cstddef>

namespace corka::simulation_parts {

std::vector<fault> shrink(std::vector<fault> plan, const std::function<bool(const std::vector<fault>&)>& fails) {
  for (auto chunk = (plan.size() + 1) / 2; chunk > 0;) {
    bool any = false;
    for (std::size_t from = 0; from < plan.size();) {
      auto without = plan;
      const auto to = std::min(from + chunk, plan.size());
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(from),
                    without.begin() + static_cast<std::ptrdiff_t>(to));
      if (fails(without)) {
        plan = std::move(without);
        any = true;
      } else {
        from = to;
      }
    }
    if (chunk == 1 && !any) break;
    chunk = std::max<std::size_t>(1, chunk / 2);
    if (plan.empty()) break;
  }
  return plan;
}

}  // namespace corka::simulation_parts
