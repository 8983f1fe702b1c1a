// Stores against std::map under random operations.
#include "random_rows.hpp"
#include "subject.hpp"

#include <string>
#include <type_traits>

namespace corka::test {

namespace {

void check_same(const store::table_store& s, const model& m, random_rows& random) {
  const auto in = s.read();
  REQUIRE(s.stats().rows == m.size());
  REQUIRE(range(*in) == rows{m.begin(), m.end()});
  REQUIRE(range(*in, {}, {}, true) == rows{m.rbegin(), m.rend()});
  for (int i = 0; i < 20; ++i) {
    auto from = random.key();
    auto to = random.key();
    if (to < from) std::swap(from, to);
    const rows expected{m.lower_bound(from), m.lower_bound(to)};
    REQUIRE(range(*in, from, to) == expected);
    REQUIRE(range(*in, from, to, true) == rows{expected.rbegin(), expected.rend()});
  }
  model keys;
  for (int i = 0; i < 50; ++i) keys[random.key()];
  std::vector<std::string> sorted;
  model expected;
  for (const auto& [key, unused] : keys) {
    sorted.push_back(key);
    if (const auto row = m.find(key); row != m.end()) {
      expected.insert(*row);
      REQUIRE(in->get(key) == row->second);
    } else {
      REQUIRE_FALSE(in->get(key));
    }
  }
  REQUIRE(get(s, sorted) == expected);
}

}  // namespace

TEST_CASE_TEMPLATE("store: under random operations it is a std::map", On, CORKA_STORES) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    random_rows random{seed};
    subject<On> s;
    model m;
    std::int64_t next = 0;
    for (int step = 0; step < 60; ++step) {
      CAPTURE(step);
      const auto dice = random.below(20);
      if (dice == 0) {
        s.reopen(random.below(2) == 0);
        REQUIRE(s.why_dropped.empty());
      } else if (dice == 1 && random.below(5) == 0) {
        s.store->clear();
        m.clear();
        next = 0;
      } else if (dice == 2) {
        // All at once away, in order: nodes and pages merge.
        changes c;
        for (const auto& [key, value] : m) {
          if (random.below(4) != 0) c[key] = std::nullopt;
        }
        write(*s.store, c, at(++next));
        for (const auto& [key, unused] : c) m.erase(key);
      } else {
        const auto c = random.batch(m);
        // Where the map may have to grow, no reader may be in the way.
        const bool hold = random.below(3) == 0 && !std::is_same_v<On, on_small_lmdb>;
        const auto held = hold ? s.store->read() : nullptr;
        write(*s.store, c, at(++next));
        if (hold) REQUIRE(range(*held) == rows{m.begin(), m.end()});
        for (const auto& [key, value] : c) {
          if (value) {
            m[key] = *value;
          } else {
            m.erase(key);
          }
        }
      }
      if (next != 0) REQUIRE(s.store->last_checkpoint() == at(next));
      if (step % 5 == 0) check_same(*s.store, m, random);
    }
    check_same(*s.store, m, random);
  }
}

}  // namespace corka::test
