#include <corka/key_range.hpp>

#include <utility>

namespace corka {

key_range key_range::prefix(std::string p, key_order order) {
  key_range range;
  range.from = p;
  range.order = order;
  // The first key after all of them: the last byte that can be, one more.
  while (!p.empty() && static_cast<unsigned char>(p.back()) == 0xffU) p.pop_back();
  if (p.empty()) return range;
  p.back() = static_cast<char>(static_cast<unsigned char>(p.back()) + 1U);
  range.to = std::move(p);
  return range;
}

key_range key_range::after(std::string_view key) const {
  auto left = *this;
  if (order == key_order::descending) {
    if (!left.to || key < *left.to) left.to = std::string{key};
  } else if (auto next = std::string{key} + '\0'; next > left.from) {
    left.from = std::move(next);
  }
  return left;
}

}  // namespace corka
