#include "table/overlay_page.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace corka::tables {

bool rows_over(const overlay& unsaved, const store::table_store& saved, const key_range& which, page_limit limit,
               const std::function<void(std::string_view, std::string_view)>& visit) {
  const bool down = which.order == key_order::descending;
  const auto before = [down](std::string_view a, std::string_view b) { return down ? b < a : a < b; };
  std::vector<const row*> newer;
  unsaved.each_unsaved([&](const row& r) {
    if (r.key >= which.from && (!which.to || r.key < *which.to)) newer.push_back(&r);
  });
  std::ranges::sort(newer, [&](const row* a, const row* b) { return before(a->key, b->key); });

  std::size_t rows = 0;
  std::size_t bytes = 0;
  bool more = false;
  const auto put = [&](std::string_view key, std::string_view value) {
    more = rows > 0 && (rows >= limit.rows || bytes >= limit.bytes);
    if (more) return false;
    visit(key, value);
    ++rows;
    bytes += key.size() + value.size();
    return true;
  };
  auto next = newer.begin();
  const auto put_newer = [&] {
    const row& r = **next++;
    return !r.present || put(r.key, r.value);
  };
  std::optional<std::string_view> to;
  if (which.to) to = *which.to;
  saved.read()->range(which.from, to, down, [&](std::string_view key, std::string_view value) {
    while (next != newer.end() && before((*next)->key, key)) {
      if (!put_newer()) return false;
    }
    if (next != newer.end() && (*next)->key == key) return put_newer();
    return put(key, value);
  });
  while (!more && next != newer.end()) put_newer();
  return more;
}

}  // namespace corka::tables
