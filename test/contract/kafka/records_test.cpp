// What a record is after it went through the transport.
#include "contract/kafka/transport_user.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using lines = std::vector<std::string>;

TEST_CASE("records: they come back in order, with rising offsets from 0") {
  transport_user u;
  const auto topic = u.topic();
  for (int i = 0; i < 5; ++i) u.send(topic, 0, "k" + std::to_string(i), "v" + std::to_string(i));
  u.settle_sends();
  CHECK(to_lines(u.read(topic)) == lines{"0 k0=v0", "1 k1=v1", "2 k2=v2", "3 k3=v3", "4 k4=v4"});
}

TEST_CASE("records: a report says the offset that the record is then found at") {
  transport_user u;
  const auto topic = u.topic();
  std::vector<std::uint64_t> tags;
  for (int i = 0; i < 50; ++i) tags.push_back(u.send(topic, 0, std::to_string(i), "v"));
  u.settle_sends();
  const auto found = u.read(topic);
  REQUIRE(found.size() == tags.size());
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto* report = u.reports->of(tags[i]);
    REQUIRE(report != nullptr);
    CHECK_FALSE(report->failed);
    CHECK(found[static_cast<std::size_t>(report->at.value)].key == std::to_string(i));
  }
}

TEST_CASE("records: a tombstone is not an empty value") {
  transport_user u;
  const auto topic = u.topic();
  u.send(topic, 0, "a", std::nullopt);
  u.send(topic, 0, "b", "");
  u.settle_sends();
  const auto found = u.read(topic);
  CHECK(to_lines(found) == lines{"0 a", "1 b="});
}

TEST_CASE("records: keys may be empty and hold any bytes") {
  transport_user u;
  const auto topic = u.topic();
  const std::string odd{"\0\xff\n=", 4};
  u.send(topic, 0, "", "empty");
  u.send(topic, 0, odd, odd);
  u.settle_sends();
  const auto found = u.read(topic);
  REQUIRE(found.size() == 2);
  CHECK(found[0].key.empty());
  CHECK(found[0].value == "empty");
  CHECK(found[1].key == odd);
  CHECK(found[1].value == odd);
}

TEST_CASE("records: headers keep their order, repeat, may be empty or have no value") {
  transport_user u;
  const auto topic = u.topic();
  const std::array<header_view, 5> headers{header_view{"trace", "1"}, header_view{"trace", "2"},
                                           header_view{"none", std::nullopt}, header_view{"empty", ""},
                                           header_view{"bytes", std::string_view{"\0\xfe", 2}}};
  kafka::outgoing what;
  what.key = "k";
  what.value = "v";
  u.send(topic, what);
  what.headers = headers;
  u.send(topic, what);
  what.headers = {};
  what.tombstone = true;
  u.send(topic, what);
  u.settle_sends();
  const auto found = u.read(topic);
  REQUIRE(found.size() == 3);
  CHECK(found[0].headers.empty());
  CHECK(found[2].headers.empty());
  const std::vector<std::pair<std::string, std::optional<std::string>>> expected{
      {"trace", "1"}, {"trace", "2"}, {"none", std::nullopt}, {"empty", ""}, {"bytes", std::string{"\0\xfe", 2}}};
  CHECK(found[1].headers == expected);
}

TEST_CASE("records: a timestamp is kept, and is now where none is given") {
  transport_user u;
  const auto topic = u.topic();
  const auto before = u.fixture->time().wall_ms();
  kafka::outgoing what;
  what.timestamp_ms = before - 3'600'000;
  u.send(topic, what);
  what.timestamp_ms = before - 7'200'000;  // time need not rise
  u.send(topic, what);
  what.timestamp_ms = -1;
  u.send(topic, what);
  u.settle_sends();
  const auto found = u.read(topic);
  REQUIRE(found.size() == 3);
  CHECK(found[0].timestamp_ms == before - 3'600'000);
  CHECK(found[1].timestamp_ms == before - 7'200'000);
  CHECK(found[2].timestamp_ms >= before);
  CHECK(found[2].timestamp_ms <= u.fixture->time().wall_ms());
}

TEST_CASE("records: large keys and values come back whole") {
  transport_user u;
  const auto topic = u.topic();
  const std::string key(10'000, 'k');
  const std::string value(900'000, 'v');
  u.send(topic, 0, key, value);
  u.send(topic, 0, "small", "one");
  u.settle_sends();
  const auto found = u.read(topic);
  REQUIRE(found.size() == 2);
  CHECK(found[0].key == key);
  CHECK(found[0].value == value);
  CHECK(to_line(found[1]) == "1 small=one");
}

TEST_CASE("records: one that is too large is reported, and harms no other") {
  transport_user u;
  const auto topic = u.topic();
  const auto first = u.send(topic, 0, "a", "1");
  const auto large = u.send(topic, 0, "b", std::string(2'000'000, 'x'));
  const auto last = u.send(topic, 0, "c", "2");
  u.settle_sends();
  CHECK_FALSE(u.reports->of(first)->failed);
  CHECK(u.reports->of(large)->failed == errc::record_too_large);
  CHECK_FALSE(u.reports->of(last)->failed);
  CHECK(to_lines(u.read(topic)) == lines{"0 a=1", "1 c=2"});
}

TEST_CASE("records: partitions are apart from each other") {
  transport_user u;
  const auto topic = u.topic(3);
  for (int i = 0; i < 6; ++i) u.send(topic, i % 3, "k", std::to_string(i));
  u.settle_sends();
  CHECK(to_lines(u.read(topic, 0)) == lines{"0 k=0", "1 k=3"});
  CHECK(to_lines(u.read(topic, 1)) == lines{"0 k=1", "1 k=4"});
  CHECK(to_lines(u.read(topic, 2)) == lines{"0 k=2", "1 k=5"});
}
