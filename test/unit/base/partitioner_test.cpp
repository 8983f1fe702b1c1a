#include <corka/error.hpp>
#include <corka/partitioner.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using namespace corka;

namespace {
std::int32_t part(std::string_view key, std::int32_t n, partitioner p = partitioner::fnv1a) {
  return partition_of(key, n, p).value;
}
}  // namespace

TEST_CASE("partitioner: FNV-1a puts keys where goka does") {
  // Computed with goka's DefaultHasher: hash; partition of 2, 8, 10 and 20.
  struct {
    const char* key;
    std::uint32_t hash;
    std::int32_t of2, of8, of10, of20;
  } const vectors[] = {
      {"", 0x811c9dc5, 1, 3, 5, 15},       {"a", 0xe40c292c, 0, 4, 6, 16},   {"key", 0x6815c86c, 0, 4, 8, 8},
      {"key1", 0x374a6a67, 1, 7, 3, 3},    {"key2", 0x384a6bfa, 0, 2, 2, 2}, {"some-key", 0x51936373, 1, 3, 7, 7},
      {"user-1", 0xf5537974, 0, 4, 6, 16},
  };
  for (const auto& v : vectors) {
    CAPTURE(v.key);
    CHECK(fnv1a_32(v.key) == v.hash);
    CHECK(part(v.key, 2) == v.of2);
    CHECK(part(v.key, 8) == v.of8);
    CHECK(part(v.key, 10) == v.of10);
    CHECK(part(v.key, 20) == v.of20);
  }
}

TEST_CASE("partitioner: empty and long keys and bytes above 0x7f hash as in Go and Java") {
  // Go's hash/fnv, and Utils.murmur2 of kafka-clients 4.3.1.
  struct {
    std::string key;
    std::uint32_t fnv1a, murmur2;
  } const vectors[] = {
      {"", 0x811c9dc5, 0x106e08d9},
      {"\xff", 0x7a0b824e, 0xed6f615b},
      {std::string("\x00\x80\xff", 3), 0xb0eecb36, 0x2adb27dd},
      {"\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87", 0x0c4affcc, 0x1c53c761},
      {std::string(10'000, 'a'), 0xd352af15, 0xb5fc5680},
      {std::string(10'000, '\xfe'), 0x36a13705, 0x033681e6},
      {"k01HZPcZ", 0x80000000, 0xe83f15a4},
  };
  for (const auto& v : vectors) {
    CAPTURE(v.key.size());
    CHECK(fnv1a_32(v.key) == v.fnv1a);
    CHECK(murmur2_32(v.key) == v.murmur2);
  }
}

TEST_CASE("partitioner: a hash of INT32_MIN has a partition") {
  REQUIRE(static_cast<std::int32_t>(fnv1a_32("k01HZPcZ")) == std::numeric_limits<std::int32_t>::min());
  CHECK(part("k01HZPcZ", 1) == 0);
  CHECK(part("k01HZPcZ", 3) == 2);
  CHECK(part("k01HZPcZ", 8) == 0);
  CHECK(part("k01HZPcZ", 10) == 8);
  CHECK(part("k01HZPcZ", 20) == 8);
  CHECK(part("k01HZPcZ", 255) == 128);
}

TEST_CASE("partitioner: murmur2 is that of Kafka's Java client") {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  CHECK(static_cast<std::int32_t>(murmur2_32("21")) == -973932308);
  CHECK(static_cast<std::int32_t>(murmur2_32("foobar")) == -790332482);
  CHECK(static_cast<std::int32_t>(murmur2_32("a-little-bit-long-string")) == -985981536);
  CHECK(static_cast<std::int32_t>(murmur2_32("a-little-bit-longer-string")) == -1486304829);
  CHECK(static_cast<std::int32_t>(murmur2_32("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")) == -58897971);
  CHECK(static_cast<std::int32_t>(murmur2_32("abc")) == 479470107);
}

TEST_CASE("partitioner: partitions agree with librdkafka's partitioners") {
  // rd_kafka_msg_partitioner_murmur2 and _fnv1a
  struct {
    std::string key;
    std::int32_t murmur2_12, murmur2_255, fnv1a_12, fnv1a_255;
  } const vectors[] = {
      {"", 9, 96, 3, 0},
      {"\xff", 3, 153, 2, 86},
      {std::string("\x00\x80\xff", 3), 5, 11, 2, 95},
      {std::string(10'000, 'a'), 0, 9, 7, 22},
      {std::string(10'000, '\xfe'), 2, 161, 5, 20},
      {"kafka", 4, 235, 5, 230},
      {"k01HZPcZ", 4, 97, 8, 128},
  };
  for (const auto& v : vectors) {
    CAPTURE(v.key.size());
    CHECK(part(v.key, 12, partitioner::murmur2) == v.murmur2_12);
    CHECK(part(v.key, 255, partitioner::murmur2) == v.murmur2_255);
    CHECK(part(v.key, 12) == v.fnv1a_12);
    CHECK(part(v.key, 255) == v.fnv1a_255);
  }
}

TEST_CASE("partitioner: a function of the program gives the partition, and must give one that there is") {
  constexpr partitioner first_byte{"first-byte", [](std::string_view key, std::int32_t n) {
                                     return key.empty() ? n : static_cast<std::int32_t>(key[0] - 'a') % n;
                                   }};
  CHECK(first_byte.name() == "first-byte");
  CHECK(part("a", 4, first_byte) == 0);
  CHECK(part("cleo", 4, first_byte) == 2);
  CHECK(part("fritz", 4, first_byte) == 1);
  const auto why = [&](std::string_view key) -> std::string {
    try {
      (void)partition_of(key, 4, first_byte);
    } catch (const error& e) { return e.what(); }
    return {};
  };
  CHECK(why("") == "partitioner 'first-byte' gave partition 4 of 4: it must give 0 to 3 for every key");
  CHECK(why("B") == "partitioner 'first-byte' gave partition -3 of 4: it must give 0 to 3 for every key");
}

TEST_CASE("partitioner: a hash of the program is used as goka uses a hasher") {
  constexpr partitioner fnv{"fnv again", [](std::string_view key) { return fnv1a_32(key); }};
  for (const std::string_view key : {"", "a", "costarring", "Zuerich"}) {
    for (const std::int32_t n : {1, 7, 64}) CHECK(part(key, n, fnv) == part(key, n));
  }
  constexpr partitioner lowest{"lowest", [](std::string_view) { return 0x80000000U; }};
  CHECK(part("x", 3, lowest) == 2);
}

TEST_CASE("partitioner: the name says which it is") {
  const auto zero = [](std::string_view, std::int32_t) { return 0; };
  CHECK(partitioner{} == partitioner::fnv1a);
  CHECK(partitioner::fnv1a != partitioner::murmur2);
  CHECK(partitioner{"own", zero} == partitioner{"own", zero});
  CHECK(partitioner{"own", zero} != partitioner{"other", zero});
  CHECK(partitioner::murmur2.name() == "murmur2");
}

TEST_CASE("partitioner: every key has a partition in range, whatever its length and bytes") {
  std::string key;
  for (int length = 0; length < 300; ++length) {
    for (const std::int32_t n : {1, 2, 3, 7, 255, 10'000, std::numeric_limits<std::int32_t>::max()}) {
      for (const auto p : {partitioner::fnv1a, partitioner::murmur2}) {
        const auto at = part(key, n, p);
        REQUIRE(at >= 0);
        REQUIRE(at < n);
      }
    }
    key += static_cast<char>(255 - length * 7 % 256);
  }
}
