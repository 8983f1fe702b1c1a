#include "base/clock.hpp"

namespace corka {

clock::time_point system_clock::now() const noexcept { return std::chrono::steady_clock::now(); }

std::int64_t system_clock::wall_ms() const noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace corka
