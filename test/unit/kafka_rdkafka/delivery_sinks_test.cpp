#include "kafka/rdkafka/delivery_sinks.hpp"

#include "kafka/rdkafka/overflow_queue.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

using namespace corka;
using namespace corka::kafka;
using namespace corka::kafka::rdkafka;

namespace {
struct deaf final : delivery_sink {
  void delivered(std::span<const delivery_report>) noexcept override {}
};
}  // namespace

TEST_CASE("delivery key: sink and tag survive the way through a pointer") {
  for (const int id : {0, 1, 255, 65'534}) {
    for (const std::uint64_t tag : {std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << 48U) - 1}) {
      const auto sink = static_cast<sink_id>(id);
      const auto back = delivery_key::of(delivery_key{sink, tag}.packed());
      CHECK(back.sink == sink);
      CHECK(back.tag == tag);
    }
  }
}

TEST_CASE("delivery sinks: an id is not given again while there are others") {
  delivery_sinks sinks;
  const auto first = std::make_shared<deaf>();
  const auto a = sinks.attach(first);
  CHECK(sinks.find(a) == first);
  sinks.detach(a);
  CHECK(sinks.find(a) == nullptr);
  const auto b = sinks.attach(std::make_shared<deaf>());
  CHECK(a != b);
  CHECK(sinks.find(a) == nullptr);
  CHECK(sinks.find(60'000) == nullptr);
}

TEST_CASE("delivery sinks: all 65,535 ids can be used, and freed ones again") {
  delivery_sinks sinks;
  const auto one = std::make_shared<deaf>();
  for (int n = 0; n < 65'535; ++n) static_cast<void>(sinks.attach(one));
  CHECK_THROWS_AS(static_cast<void>(sinks.attach(one)), error);
  sinks.detach(1'234);
  CHECK(sinks.attach(one) == 1'234);
}

TEST_CASE("waiting record: owns what it was given") {
  std::string key = "k";
  std::string value = "v";
  std::string name = "h";
  const header_view headers[] = {{name, std::string_view{value}}, {name, std::nullopt}};
  outgoing what;
  what.partition = partition_id{3};
  what.key = key;
  what.value = value;
  what.timestamp_ms = 42;
  what.headers = headers;
  const waiting_record kept{nullptr, what, {7, 9}};
  key = value = name = "x";

  std::vector<header_view> views;
  const auto back = kept.view(views);
  CHECK(back.partition == partition_id{3});
  CHECK(back.key == "k");
  CHECK(back.value == "v");
  CHECK(back.timestamp_ms == 42);
  CHECK_FALSE(back.tombstone);
  REQUIRE(back.headers.size() == 2);
  CHECK(back.headers[0].name == "h");
  CHECK(back.headers[0].value == "v");
  CHECK_FALSE(back.headers[1].value.has_value());
  CHECK(kept.reported_as().tag == 9);
  CHECK(kept.bytes() == 2);
}
