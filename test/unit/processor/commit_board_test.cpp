#include "processor/commit_board.hpp"

#include <doctest/doctest.h>

namespace corka::processor_parts {

namespace {

const topic_partition clicks_3{topic_name{"clicks"}, partition_id{3}};
const topic_partition clicks_4{topic_name{"clicks"}, partition_id{4}};
constexpr clock::time_point start{};

kafka::position at(const topic_partition& where, std::int64_t next) { return {where, offset{next}}; }

}  // namespace

TEST_SUITE("commit board") {
  TEST_CASE("hands out what moved, until it is committed") {
    commit_board board;
    board.assigned(at(clicks_3, 5), start);
    board.assigned(at(clicks_4, 0), start);
    CHECK(board.take(start).empty());
    board.watermark(at(clicks_3, 9));
    CHECK(board.pending());
    const auto taken = board.take(start);
    CHECK(taken == std::vector{at(clicks_3, 9)});
    CHECK(board.take(start) == taken);  // nothing was said: the commit failed
    board.committed(taken, start);
    CHECK(board.take(start).empty());
    CHECK_FALSE(board.pending());
  }

  TEST_CASE("what moves while a commit is under way is committed next") {
    commit_board board;
    board.assigned(at(clicks_3, 5), start);
    board.watermark(at(clicks_3, 9));
    const auto taken = board.take(start);
    board.watermark(at(clicks_3, 12));
    board.committed(taken, start);
    CHECK(board.take(start) == std::vector{at(clicks_3, 12)});
  }

  TEST_CASE("a position that is not known yet is never committed") {
    commit_board board;
    board.assigned(at(clicks_3, -1), start);
    CHECK(board.take(start + 2 * commit_board::refresh_after, true).empty());
    CHECK_FALSE(board.idle_is_due(start + 2 * commit_board::refresh_after));
    board.watermark(at(clicks_3, 0));
    CHECK(board.take(start) == std::vector{at(clicks_3, 0)});
  }

  TEST_CASE("what stands still is committed again before it can expire") {
    commit_board board;
    board.assigned(at(clicks_3, 5), start);
    const auto due = start + commit_board::refresh_after;
    CHECK_FALSE(board.idle_is_due(due - std::chrono::seconds{1}));
    CHECK(board.take(due - std::chrono::seconds{1}, true).empty());
    CHECK(board.idle_is_due(due));
    const auto taken = board.take(due, true);
    CHECK(taken == std::vector{at(clicks_3, 5)});
    board.committed(taken, due);
    CHECK_FALSE(board.idle_is_due(due));
    CHECK(board.take(due, true).empty());
  }

  TEST_CASE("what stands still is not committed along with what moved") {
    commit_board board;
    board.assigned(at(clicks_3, 5), start);
    board.assigned(at(clicks_4, 7), start);
    board.watermark(at(clicks_4, 8));
    const auto due = start + commit_board::refresh_after;
    CHECK(board.take(due) == std::vector{at(clicks_4, 8)});
    CHECK(board.take(due, true) == std::vector{at(clicks_3, 5), at(clicks_4, 8)});
  }

  TEST_CASE("nothing is committed for partitions that are somebody else's") {
    commit_board board;
    board.assigned(at(clicks_3, 5), start);
    board.watermark(at(clicks_3, 9));
    board.released(clicks_3);
    CHECK(board.take(start + 2 * commit_board::refresh_after, true).empty());
    board.watermark(at(clicks_3, 10));
    CHECK_FALSE(board.pending());
  }
}

}  // namespace corka::processor_parts
