#include "partition/visit_cursor.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace corka::partition {

namespace {

using std::string_literals::operator""s;

const std::optional<std::string> nowhere;

}  // namespace

TEST_SUITE("visit cursor") {
  TEST_CASE("goes through pages, each key once, and is at the end after the last") {
    visit_cursor c{"", 1};
    CHECK(c.wants_page());
    CHECK(c.page_from().empty());
    c.filled({"a", "b"}, false);
    CHECK_FALSE(c.wants_page());
    CHECK(c.left() == 2);
    CHECK(c.key() == "a");
    CHECK(c.key(1) == "b");
    CHECK(c.begin() == 1);
    CHECK(c.begin() == 2);
    CHECK(c.wants_page());
    CHECK_FALSE(c.at_end());
    CHECK(c.page_from() == "b\0"s);
    c.filled({"c"}, true);
    CHECK_FALSE(c.at_end());
    c.skip();
    CHECK(c.at_end());
    CHECK_FALSE(c.wants_page());
    c.done_below(3);
    CHECK(c.done() == 2);
    CHECK(c.resume_at() == nowhere);
  }

  TEST_CASE("goes on at the first row that is not done, however far it got") {
    visit_cursor c{"from", 10};
    CHECK(c.resume_at() == "from");
    c.filled({"k1", "k2", "k3", "k4"}, false);
    CHECK(c.resume_at() == "k1");
    c.begin();
    c.begin();
    c.skip();
    CHECK(c.resume_at() == "k1");
    c.done_below(11);
    CHECK(c.done() == 1);
    CHECK(c.resume_at() == "k2");
    c.done_below(11);
    CHECK(c.done() == 1);
    c.done_below(12);
    CHECK(c.done() == 2);
    CHECK(c.resume_at() == "k4");
    c.begin();
    c.done_below(13);
    CHECK(c.done() == 3);
    CHECK(c.resume_at() == "k4\0"s);
    c.filled({}, true);
    CHECK(c.at_end());
    CHECK(c.resume_at() == nowhere);
  }

  TEST_CASE("a row that it is stuck at is not done, nor are those behind it, though their writes are") {
    visit_cursor c{"", 7};
    c.filled({"a", "b", "c", "d"}, true);
    for (int i = 0; i < 3; ++i) c.begin();
    c.stuck_at(9);
    c.stuck_at(8);
    c.stuck_at(9);
    CHECK(c.resume_at() == "a");
    c.done_below(10);
    CHECK(c.done() == 1);
    CHECK(c.begun() == 3);
    CHECK(c.resume_at() == "b");
  }

  TEST_CASE("an empty table is at its end at once") {
    visit_cursor c{"", 0};
    c.filled({}, true);
    CHECK(c.at_end());
    CHECK(c.resume_at() == nowhere);
    CHECK(c.done() == 0);
  }
}

}  // namespace corka::partition
