#include "kafka/embedded/frame.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::kafka::embedded;

namespace {

std::string sample(frame_builder& frame, std::int64_t base = 1000) {
  const std::array<header_view, 3> headers{header_view{"a", "1"}, header_view{"", std::nullopt}, header_view{"b", ""}};
  frame.clear();
  frame.add(0, 1'700'000'000'000, "anna", "hello", {});
  frame.add(1, 1'600'000'000'000, "", std::nullopt, headers);
  frame.add(500, -1, std::string(300, 'k'), "", {});
  return std::string{frame.seal(base, true)};
}

}  // namespace

TEST_CASE("frame: what is put in comes out") {
  frame_builder frame;
  const auto bytes = sample(frame);
  const auto head = check_frame(bytes, 0);
  REQUIRE(head);
  CHECK(head->base == 1000);
  CHECK(head->end() == 1501);
  CHECK(head->count == 3);
  CHECK(head->max_timestamp == 1'700'000'000'000);
  CHECK(head->length == bytes.size());

  const char* const end = bytes.data() + bytes.size();
  framed_record r;
  const char* p = read_record(bytes.data() + frame_header_size, end, *head, r);
  CHECK(r.what.key == "anna");
  CHECK(r.what.value == "hello");
  CHECK(r.what.at.value == 1000);
  CHECK(r.what.timestamp_ms == 1'700'000'000'000);
  CHECK(r.headers.empty());
  p = read_record(p, end, *head, r);
  CHECK(r.what.tombstone);
  CHECK(r.what.timestamp_ms == 1'600'000'000'000);
  std::vector<header_view> headers;
  REQUIRE(read_headers(r.headers, headers));
  REQUIRE(headers.size() == 3);
  CHECK(headers[0].value == "1");
  CHECK_FALSE(headers[1].value);
  CHECK(headers[2].value == "");
  p = read_record(p, end, *head, r);
  CHECK(r.what.at.value == 1500);
  CHECK(r.what.timestamp_ms == -1);
  CHECK_FALSE(r.what.tombstone);
  CHECK(p == end);
}

TEST_CASE("frame: any changed byte and any missing end is noticed") {
  frame_builder frame;
  const auto bytes = sample(frame);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    CHECK_MESSAGE(!check_frame(damaged, 0), "byte " << i);
    CHECK_MESSAGE(!check_frame(std::string_view{bytes}.substr(0, i), 0), "the first " << i << " bytes");
  }
}

TEST_CASE("frame: one whose offsets are below what came before it is not taken") {
  frame_builder frame;
  const auto bytes = sample(frame);
  CHECK(check_frame(bytes, 1000));
  CHECK_FALSE(check_frame(bytes, 1001));
}

TEST_CASE("frame: timestamps at the ends of their range survive") {
  using limits = std::numeric_limits<std::int64_t>;
  frame_builder frame;
  frame.add(0, limits::min(), "k", "v", {});
  frame.add(1, limits::max(), "k", "v", {});
  const std::string bytes{frame.seal(0, true)};
  const auto head = check_frame(bytes, 0);
  REQUIRE(head);
  framed_record r;
  const char* p = read_record(bytes.data() + frame_header_size, bytes.data() + bytes.size(), *head, r);
  CHECK(r.what.timestamp_ms == limits::min());
  static_cast<void>(read_record(p, bytes.data() + bytes.size(), *head, r));
  CHECK(r.what.timestamp_ms == limits::max());
}

TEST_CASE("frame: a builder begins anew after clear") {
  frame_builder frame;
  const auto first = sample(frame);
  CHECK(sample(frame) == first);
}
