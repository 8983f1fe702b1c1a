#include "table/changelog_cut.hpp"

#include <doctest/doctest.h>

namespace corka::tables {

TEST_SUITE("changelog cut") {
  TEST_CASE("is complete once every write before it is acknowledged") {
    changelog_cut c{offset{10}};
    c.sent();
    c.sent();
    c.cut(2);
    CHECK_FALSE(c.complete());
    c.sent();  // tag 2, after the cut
    c.acked(0, offset{10});
    CHECK_FALSE(c.complete());
    c.acked(1, offset{11});
    CHECK(c.complete());
    CHECK(c.offset_of_cut() == offset{12});
    c.acked(2, offset{12});
    CHECK(c.offset_of_cut() == offset{12});
    c.done();
    c.cut(3);
    CHECK(c.complete());
    CHECK(c.offset_of_cut() == offset{13});
  }

  TEST_CASE("without writes it reaches to where the changelog stands") {
    changelog_cut c{offset{5}};
    c.cut(0);
    CHECK(c.complete());
    CHECK(c.offset_of_cut() == offset{5});
  }

  TEST_CASE("stops before another writer's record, for good") {
    changelog_cut c{offset{10}};
    c.sent();
    c.acked(0, offset{10});
    c.sent();
    c.acked(1, offset{12});  // 11 is not ours
    CHECK(c.foreign_write_seen());
    c.sent();
    c.acked(2, offset{13});
    c.cut(3);
    CHECK(c.complete());
    CHECK(c.offset_of_cut() == offset{11});
  }
}

}  // namespace corka::tables
