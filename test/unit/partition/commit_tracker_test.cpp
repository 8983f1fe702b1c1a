#include "partition/commit_tracker.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace corka::partition {

TEST_SUITE("commit tracker") {
  TEST_CASE("starts where the group stood") {
    const commit_tracker t{offset{7}};
    CHECK(t.watermark() == offset{7});
    CHECK(t.processed() == offset{7});
  }

  TEST_CASE("an unfinished record holds the watermark") {
    commit_tracker t{offset{0}};
    const auto a = t.begin(offset{0});
    const auto b = t.begin(offset{1});
    t.finished(b);
    CHECK(t.watermark() == offset{0});
    t.finished(a);
    CHECK(t.watermark() == offset{2});
  }

  TEST_CASE("a record waits for the acknowledgement of all it sent") {
    commit_tracker t{offset{0}};
    const auto a = t.begin(offset{0});
    t.sent(a);
    t.sent(a);
    t.finished(a);
    t.acked(a);
    CHECK(t.watermark() == offset{0});
    t.acked(a);
    CHECK(t.watermark() == offset{1});
  }

  TEST_CASE("acknowledgements may come before the callback returns") {
    commit_tracker t{offset{0}};
    const auto a = t.begin(offset{0});
    t.sent(a);
    t.acked(a);
    CHECK(t.watermark() == offset{0});
    t.finished(a);
    CHECK(t.watermark() == offset{1});
  }

  TEST_CASE("holes behind the last record are passed once nothing is under way") {
    commit_tracker t{offset{0}};
    const auto a = t.begin(offset{4});
    t.moved_to(offset{9});
    CHECK(t.processed() == offset{9});
    CHECK(t.watermark() == offset{0});
    t.finished(a);
    CHECK(t.watermark() == offset{9});
    t.moved_to(offset{12});
    CHECK(t.watermark() == offset{12});
    t.moved_to(offset{3});
    CHECK(t.watermark() == offset{12});
  }

  TEST_CASE("the watermark is the lowest record not done, whatever the order of events") {
    std::mt19937 random{7};
    commit_tracker t{offset{0}};
    struct open_record {
      commit_tracker::slot slot = 0;
      std::int64_t at = 0;
      int events = 0;
    };
    std::vector<open_record> open;  // in the order of their offsets
    std::int64_t next = 0;
    for (int step = 0; step < 20'000; ++step) {
      if (open.size() < 500 && random() % 2 == 0) {
        const auto at = next + static_cast<std::int64_t>(random() % 3);
        next = at + 1;
        const auto slot = t.begin(offset{at});
        const auto sends = static_cast<int>(random() % 3);
        for (int i = 0; i < sends; ++i) t.sent(slot);
        open.push_back({slot, at, sends + 1});
      } else if (!open.empty()) {
        const auto i = static_cast<std::ptrdiff_t>(random() % open.size());
        t.acked(open[static_cast<std::size_t>(i)].slot);
        if (--open[static_cast<std::size_t>(i)].events == 0) open.erase(open.begin() + i);
      }
      if (open.empty()) {
        REQUIRE(t.watermark() == offset{next});
      } else {
        // Everything below the lowest open record is done, and it is not.
        REQUIRE(t.watermark() <= offset{open.front().at});
        REQUIRE(t.watermark() > offset{open.front().at - 3});
      }
    }
    for (auto& record : open) {
      while (record.events-- > 0) t.acked(record.slot);
    }
    CHECK(t.watermark() == offset{next});
    CHECK(t.under_way() == 0);
  }
}

}  // namespace corka::partition
