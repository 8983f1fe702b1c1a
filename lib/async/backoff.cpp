#include "async/backoff.hpp"

#include <algorithm>

namespace corka::async {

std::chrono::milliseconds backoff::next() {
  auto longest = std::min(first_, most_);
  for (std::uint32_t i = 0; i < tries_ && longest < most_; ++i) longest = longest > most_ / 2 ? most_ : longest * 2;
  ++tries_;
  std::uniform_int_distribution<std::chrono::milliseconds::rep> between{(longest / 2).count(), longest.count()};
  return std::chrono::milliseconds{between(random_)};
}

}  // namespace corka::async
