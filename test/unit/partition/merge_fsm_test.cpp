#include "partition/merge_fsm.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

namespace corka::partition {

namespace {

using namespace std::chrono_literals;
using inputs = std::vector<std::deque<std::int64_t>>;

constexpr clock::time_point start{1h};

/// Merges what the inputs hold, none of which gets more: "a1 a2|b3" are two runs.
std::string merged(inputs held) {
  merge_fsm fsm{std::vector<bool>(held.size(), true), 0ms};
  std::string out;
  while (true) {
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (held[i].empty()) fsm.lacks(i, false);
      else fsm.has(i, held[i].front());
    }
    const auto next = fsm.next(start);
    const auto* take = std::get_if<merge_fsm::take>(&next);
    if (take == nullptr) return out;
    if (!out.empty()) out += '|';
    auto& from = held[take->input];
    REQUIRE(take->admits(from.front()));
    bool first = true;
    while (!from.empty() && take->admits(from.front())) {
      if (!first) out += ' ';
      first = false;
      out += std::string(1, static_cast<char>('a' + take->input)) + std::to_string(from.front());
      from.pop_front();
    }
  }
}

/// "take a", "wait 100" (milliseconds from the start), "sleep".
std::string text(const merge_fsm::action& action) {
  if (const auto* take = std::get_if<merge_fsm::take>(&action)) {
    return std::string{"take "} + static_cast<char>('a' + take->input);
  }
  if (const auto* wait = std::get_if<merge_fsm::wait>(&action)) {
    return "wait " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait->until - start).count());
  }
  return "sleep";
}

}  // namespace

TEST_SUITE("merge by timestamp") {
  TEST_CASE("the oldest goes first, contiguous records of one input as one run") {
    CHECK(merged({{1, 2, 5}, {3, 4, 9}}) == "a1 a2|b3 b4|a5|b9");
    CHECK(merged({{10, 11, 12}, {1, 2, 3}}) == "b1 b2 b3|a10 a11 a12");
    CHECK(merged({{1, 4, 7}, {2, 5, 8}, {3, 6, 9}}) == "a1|b2|c3|a4|b5|c6|a7|b8|c9");
    CHECK(merged({{1, 2, 3}}) == "a1 a2 a3");
    CHECK(merged({{}, {1, 2}}) == "b1 b2");
  }

  TEST_CASE("equal timestamps go in the order declared") {
    CHECK(merged({{5, 5, 6}, {5, 5}}) == "a5 a5|b5 b5|a6");
    CHECK(merged({{6}, {5, 6, 6}, {6, 7}}) == "b5|a6|b6 b6|c6 c7");
    CHECK(merged({{7}, {7}, {7}}) == "a7|b7|c7");
    CHECK(merged({{9}, {3, 9}, {3}}) == "b3|c3|a9|b9");
  }

  TEST_CASE("late records go next, and their input keeps its order") {
    CHECK(merged({{10, 1, 11}, {5, 6}}) == "b5 b6|a10 a1 a11");
    CHECK(merged({{5, 1, 12}, {6, 10}}) == "a5 a1|b6 b10|a12");
  }

  TEST_CASE("records without a timestamp are older than all others; the largest one is taken too") {
    CHECK(merged({{-1, 3}, {2}}) == "a-1|b2|a3");
    CHECK(merged({{std::numeric_limits<std::int64_t>::max()}}) ==
          "a" + std::to_string(std::numeric_limits<std::int64_t>::max()));
  }

  TEST_CASE("the whole range of times is merged, to its ends") {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    const auto m = std::to_string(most);
    const auto l = std::to_string(least);
    CHECK(merged({{most, most}, {most}}) == "a" + m + " a" + m + "|b" + m);
    CHECK(merged({{most}, {least, -5, 7}}) == "b" + l + " b-5 b7|a" + m);
    CHECK(merged({{least, most}, {least, 0}}) == "a" + l + "|b" + l + " b0|a" + m);
  }

  TEST_CASE("an input without anything is waited for, but no longer than the idle wait") {
    merge_fsm fsm{{true, true}, 100ms};
    CHECK(text(fsm.next(start)) == "sleep");
    fsm.has(0, 1);
    fsm.lacks(1, false);
    CHECK(text(fsm.next(start)) == "wait 100");
    CHECK(text(fsm.next(start + 60ms)) == "wait 100");
    CHECK(text(fsm.next(start + 100ms)) == "take a");
    // For as long as something is left, it goes on without.
    fsm.has(0, 2);
    CHECK(text(fsm.next(start + 101ms)) == "take a");
    fsm.lacks(0, false);
    CHECK(text(fsm.next(start + 102ms)) == "sleep");
    // What comes next waits anew.
    fsm.has(1, 3);
    CHECK(text(fsm.next(start + 200ms)) == "wait 300");
    fsm.has(0, 4);
    CHECK(text(fsm.next(start + 210ms)) == "take b");
    fsm.lacks(1, false);
    CHECK(text(fsm.next(start + 220ms)) == "wait 320");
  }

  TEST_CASE("an input that the broker has more of is waited for until its fetch is overdue") {
    merge_fsm fsm{{true, true}, 100ms};
    fsm.has(0, 1);
    fsm.lacks(1, true);
    CHECK(text(fsm.next(start)) == "wait 10000");
    CHECK(text(fsm.next(start + 9'999ms)) == "wait 10000");
    CHECK(text(fsm.next(start + 10s)) == "take a");
    // Known to be empty meanwhile: the shorter wait is over.
    merge_fsm other{{true, true}, 100ms};
    other.has(0, 1);
    other.lacks(1, true);
    CHECK(text(other.next(start)) == "wait 10000");
    other.lacks(1, false);
    CHECK(text(other.next(start + 50ms)) == "wait 100");
    CHECK(text(other.next(start + 100ms)) == "take a");
  }

  TEST_CASE("an idle wait longer than a fetch's is the longer one") {
    merge_fsm fsm{{true, true}, 1min};
    fsm.has(0, 1);
    fsm.lacks(1, true);
    CHECK(text(fsm.next(start)) == "wait 60000");
  }

  TEST_CASE("without an idle wait nothing is waited for that is not known to be there") {
    merge_fsm fsm{{true, true}, 0ms};
    fsm.has(0, 1);
    fsm.lacks(1, false);
    CHECK(text(fsm.next(start)) == "take a");
  }

  TEST_CASE("an input that is not awaited, as the loop, takes its turn and is waited for by nobody") {
    merge_fsm fsm{{true, false}, 100ms};
    fsm.has(0, 5);
    fsm.lacks(1, true);
    CHECK(text(fsm.next(start)) == "take a");
    fsm.has(1, 4);
    CHECK(text(fsm.next(start)) == "take b");
    fsm.lacks(0, false);
    CHECK(text(fsm.next(start)) == "wait 100");
  }
}

}  // namespace corka::partition
