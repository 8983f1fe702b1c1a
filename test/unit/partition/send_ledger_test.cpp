#include "partition/send_ledger.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>

namespace corka::partition {

TEST_SUITE("send ledger") {
  TEST_CASE("a tag knows what it belongs to until it is closed") {
    send_ledger ledger;
    const auto a = ledger.open({.slot = 4, .input = 1, .purpose = sent_for::changelog});
    const auto b = ledger.open({.slot = 5, .scope = 7, .input = 0});
    CHECK(b == a + 1);
    CHECK(ledger.outstanding() == 2);
    CHECK(ledger.is_open(a));
    const auto second = ledger.close(b);
    CHECK(second.slot == 5);
    CHECK(second.scope == 7);
    CHECK(second.purpose == sent_for::output);
    CHECK_FALSE(ledger.is_open(b));
    const auto first = ledger.close(a);
    CHECK(first.slot == 4);
    CHECK(first.input == 1);
    CHECK(first.purpose == sent_for::changelog);
    CHECK(ledger.outstanding() == 0);
  }

  TEST_CASE("reports in any order find their sends") {
    send_ledger ledger;
    std::mt19937 random{3};
    std::map<std::uint64_t, std::uint64_t> open;
    for (int step = 0; step < 50'000; ++step) {
      if (open.size() < 3'000 && random() % 3 != 0) {
        const std::uint64_t slot = random();
        open[ledger.open({.slot = slot})] = slot;
      } else if (!open.empty()) {
        const auto at =
            std::next(open.begin(), static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(open.size(), 40)));
        REQUIRE(ledger.close(at->first).slot == at->second);
        open.erase(at);
      }
      REQUIRE(ledger.outstanding() == open.size());
    }
  }
}

}  // namespace corka::partition
