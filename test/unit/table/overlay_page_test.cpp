#include "table/overlay_page.hpp"

#include "store/memory/memory_factory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

namespace {

using rows = std::vector<std::pair<std::string, std::string>>;

bool page(const tables::overlay& o, const store::table_store& s, const key_range& which, tables::page_limit limit,
          rows& into) {
  return tables::rows_over(o, s, which, limit,
                           [&](std::string_view key, std::string_view value) { into.emplace_back(key, value); });
}

}  // namespace

TEST_CASE("overlay page: whatever is saved, being saved and unsaved, pages are the table as it is, in key order") {
  std::mt19937 random{7};
  store::memory::memory_factory factory;
  const auto store = factory.open("t").store;
  tables::overlay overlay;
  std::map<std::string, std::string> model;
  tables::frozen_rows frozen;
  for (int step = 0; step < 2'000; ++step) {
    const auto key = std::to_string(random() % 40);
    auto& r = overlay.at(key);
    switch (random() % 8) {
      case 0:
        if (overlay.is_frozen()) break;
        frozen = overlay.freeze();
        break;
      case 1:
        if (!overlay.is_frozen()) break;
        frozen.sort();
        store->apply(frozen.changes, {}, {});
        overlay.thaw();
        break;
      case 2:
      case 3:
        overlay.erase(r);
        model.erase(key);
        break;
      default:
        overlay.write(r, std::to_string(step));
        model[key] = std::to_string(step);
        break;
    }
    key_range which;
    which.from = std::to_string(random() % 40);
    if (random() % 2 == 0) which.to = std::to_string(random() % 40);
    if (random() % 2 == 0) which.order = key_order::descending;
    const tables::page_limit limit{1 + random() % 6, 1 + random() % 40};
    rows expected;
    for (const auto& [k, v] : model) {
      if (k >= which.from && (!which.to || k < *which.to)) expected.emplace_back(k, v);
    }
    if (which.order == key_order::descending) std::ranges::reverse(expected);
    rows seen;
    for (auto left = which; page(overlay, *store, left, limit, seen);) left = left.after(seen.back().first);
    CHECK(seen == expected);
  }
}

}  // namespace corka::test
