// Rows and changes by seed, for stores and their model.
#pragma once

#include "subject.hpp"

#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace corka::test {

using model = std::map<std::string, std::string>;

/// Keys that meet each other: few letters, few lengths, lengths around the chunks of long keys.
class random_rows {
 public:
  explicit random_rows(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_); }
  std::string key() {
    static constexpr std::size_t lengths[]{0, 1, 2, 3, 3, 4, 5, 16, 499, 500, 501, 511, 999, 1000, 1001, 1501, 2100};
    std::string k(below(3) == 0 ? lengths[below(std::size(lengths))] : 1 + below(6), 'p');
    for (std::size_t changed = below(3); changed > 0 && !k.empty(); --changed) {
      // At the end, at the front, or anywhere.
      const std::size_t places[]{k.size() - 1, 0, below(k.size())};
      k[places[below(3)]] = "\0ap\xff"[below(4)];
    }
    if (below(500) == 0) k.resize(50'000 + below(50'000), 'p');
    return k;
  }
  std::string value() {
    static constexpr std::size_t sizes[]{0, 1, 8, 100, 2000, 5000};
    if (below(1000) == 0) return std::string(below(4) == 0 ? 1U << 20U : below(1U << 20U), 'V');
    return std::string(sizes[below(std::size(sizes))] + below(4), static_cast<char>('a' + below(26)));
  }
  changes batch(const model& present) {
    changes c;
    const std::size_t size = below(4) == 0 ? below(200) : below(8);
    while (c.size() < size) {
      auto k = key();
      // Half of the changes hit rows that are there.
      if (!present.empty() && below(2) == 0) {
        if (const auto near = present.lower_bound(k); near != present.end()) k = near->first;
      }
      c[k] = below(3) == 0 ? std::nullopt : std::optional{value()};
    }
    return c;
  }

 private:
  std::mt19937 random_;
};

}  // namespace corka::test
