#include <corka/codec.hpp>
#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using namespace std::string_literals;

namespace {

template <class C, class T>
std::string encoded(const T& value, const C& codec = {}) {
  std::string into = "kept:";
  codec.encode(value, into);
  REQUIRE(into.starts_with("kept:"));
  return into.substr(5);
}

/// What decoding says, if it fails as it should.
template <class C>
std::string refusal(std::string_view bytes) {
  try {
    static_cast<void>(C{}.decode(bytes));
  } catch (const error& e) {
    CHECK(e.kind() == errc::decode_failed);
    return e.what();
  }
  return "decoded";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

template <class T>
void round_trips_everywhere(std::initializer_list<T> values) {
  for (const T value : values) {
    CAPTURE(value);
    CHECK(codec::decimal<T>::decode(encoded<codec::decimal<T>>(value)) == value);
    CHECK(codec::fixed<T>::decode(encoded<codec::fixed<T>>(value)) == value);
  }
}

template <class T>
void round_trips() {
  using limits = std::numeric_limits<T>;
  round_trips_everywhere<T>({limits::min(), limits::lowest(), limits::max(), T{0}, T{1}, T{42}});
}

/// A codec of a user's own, with state and without to_json.
struct rot {
  char by = 1;
  void encode(const std::string& value, std::string& into) const {
    for (const char c : value) into += static_cast<char>(c + by);
  }
  [[nodiscard]] std::string decode(std::string_view bytes) const {
    std::string out;
    for (const char c : bytes) out += static_cast<char>(c - by);
    return out;
  }
  [[nodiscard]] std::string name() const { return "rot" + std::to_string(by); }
};

}  // namespace

static_assert(codec_for<codec::text, std::string>);
static_assert(codec_for<codec::bytes<>, std::vector<std::byte>>);
static_assert(codec_for<codec::bytes<std::string>, std::string>);
static_assert(codec_for<codec::decimal<std::int64_t>, std::int64_t>);
static_assert(codec_for<codec::fixed<double>, double>);
static_assert(codec_for<rot, std::string>);
static_assert(!codec_for<codec::text, std::int64_t>);
static_assert(!codec_for<codec::decimal<int>, long>);

static_assert(std::is_same_v<default_codec<std::string>, codec::text>);
static_assert(std::is_same_v<default_codec<std::int64_t>, codec::decimal<std::int64_t>>);
static_assert(std::is_same_v<default_codec<bool>, codec::decimal<bool>>);
static_assert(std::is_same_v<default_codec<double>, codec::decimal<double>>);
static_assert(std::is_same_v<default_codec<std::vector<std::byte>>, codec::bytes<std::vector<std::byte>>>);

TEST_CASE_TEMPLATE("codec: numbers of every type read back, to the limits", T, char, signed char, unsigned char, short,
                   unsigned short, int, unsigned, long, unsigned long, long long, unsigned long long, float, double) {
  round_trips<T>();
}

TEST_CASE("codec text: any bytes as they are") {
  for (const auto& s : {""s, "plain"s, "\0\xff\n"s}) {
    CHECK(encoded<codec::text>(s) == s);
    CHECK(codec::text::decode(s) == s);
  }
  CHECK(codec::text::to_json("say \"hi\"") == R"("say \"hi\"")");
  CHECK(codec::text::to_json("\xff\x01") == R"("ff01")");
}

TEST_CASE("codec bytes: any bytes as they are, hexadecimal for people") {
  const std::vector<std::byte> value{std::byte{0}, std::byte{0xff}};
  CHECK(encoded<codec::bytes<>>(value) == "\0\xff"s);
  CHECK(codec::bytes<>::decode("\0\xff"s) == value);
  CHECK(codec::bytes<>::decode("").empty());
  CHECK(codec::bytes<std::string>::decode("abc") == "abc");
  CHECK(codec::bytes<>::to_json("\0\xff"s) == R"("00ff")");
}

TEST_CASE("codec decimal: integers are written as goka's Int64 writes them") {
  using int64 = codec::decimal<std::int64_t>;
  CHECK(encoded<int64>(std::int64_t{0}) == "0");
  CHECK(encoded<int64>(std::int64_t{-42}) == "-42");
  CHECK(encoded<int64>(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(encoded<codec::decimal<bool>>(true) == "1");
  CHECK(codec::decimal<bool>::decode("0") == false);
}

TEST_CASE("codec decimal: floating point is as short as reads back, also what is not finite") {
  using real = codec::decimal<double>;
  CHECK(encoded<real>(0.1) == "0.1");
  CHECK(encoded<real>(-2.0) == "-2");
  CHECK(real::decode("1e3") == 1000.0);
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(real::decode(encoded<real>(infinite)) == infinite);
  CHECK(std::isnan(real::decode(encoded<real>(std::nan("")))));
  CHECK(codec::decimal<long double>::decode(encoded<codec::decimal<long double>>(0.1L)) == 0.1L);
}

TEST_CASE("codec decimal: a value ends where its bytes end, whatever follows them in memory") {
  using real = codec::decimal<long double>;
  const std::string_view more = "nan(1)infinity12";
  CHECK(std::isnan(real::decode(more.substr(0, 3))));
  CHECK(real::decode(more.substr(6, 3)) == std::numeric_limits<long double>::infinity());
  CHECK(real::decode(more.substr(14, 1)) == 1);
}

TEST_CASE("codec decimal: numbers that JSON's readers have no room for are shown as text") {
  CHECK(codec::decimal<long double>::to_json("1e300") == "1e+300");
  CHECK(codec::decimal<long double>::to_json("1e4000") == "\"1e4000\"");
  CHECK(codec::decimal<double>::to_json("-inf") == "\"-inf\"");
}

TEST_CASE("codec decimal: what is not wholly a number in range is refused, with the position") {
  using int32 = codec::decimal<std::int32_t>;
  struct {
    std::string bytes;
    const char* says;
  } const cases[] = {
      {"", "nothing at byte 0"},
      {"x1", "no number at byte 0"},
      {"+1", "no number at byte 0"},
      {" 1", "no number at byte 0"},
      {"12x4", "something else than a number at byte 2"},
      {"1 ", "something else than a number at byte 1"},
      {"1.5", "something else than a number at byte 1"},
      {"1\0"s, "something else than a number at byte 1"},
      {"2147483648", "number out of range at byte 0"},
      {"-2147483649", "number out of range at byte 0"},
  };
  for (const auto& c : cases) {
    const auto said = refusal<int32>(c.bytes);
    CAPTURE(said);
    CHECK(contains(said, c.says));
    CHECK(contains(said, "as decimal"));
    CHECK(contains(said, "check that the topic's writers use this codec"));
  }
  CHECK(contains(refusal<codec::decimal<std::uint8_t>>("-1"), "no number"));
  CHECK(contains(refusal<codec::decimal<std::uint8_t>>("256"), "out of range"));
  CHECK(contains(refusal<codec::decimal<double>>("1e999"), "out of range"));
  CHECK(contains(refusal<codec::decimal<bool>>("2"), "neither 0 nor 1"));
  CHECK(contains(refusal<codec::decimal<bool>>("true"), "neither 0 nor 1"));
}

TEST_CASE("codec decimal: the message shows a bounded part of the bytes, escaped") {
  const auto said = refusal<codec::decimal<int>>("1" + std::string(5'000, '\n'));
  CHECK(said.size() < 500);
  CHECK(contains(said, "\\n"));
  CHECK(contains(said, "(5001 bytes)"));
}

TEST_CASE("codec fixed: the most significant byte comes first, so that order of bytes is order of numbers") {
  CHECK(encoded<codec::fixed<std::int32_t>>(std::int32_t{0x01020304}) == "\x01\x02\x03\x04");
  CHECK(encoded<codec::fixed<std::int64_t>>(std::int64_t{-1}) == std::string(8, '\xff'));
  CHECK(encoded<codec::fixed<std::uint8_t>>(std::uint8_t{7}) == "\x07");
  CHECK(encoded<codec::fixed<double>>(1.0) == "\x3f\xf0\0\0\0\0\0\0"s);
  CHECK(codec::fixed<std::uint32_t>::decode("\xff\0\0\0"s) == 0xff000000U);
  CHECK(codec::fixed<std::int16_t>::decode("\xff\xfe") == -2);
  CHECK(codec::fixed<bool>::decode("\x01"));
}

TEST_CASE("codec fixed: another length is refused") {
  CHECK(contains(refusal<codec::fixed<std::int32_t>>("abc"), "wrong length at byte 3"));
  CHECK(contains(refusal<codec::fixed<std::int32_t>>("abcde"), "wrong length"));
  CHECK(contains(refusal<codec::fixed<std::int64_t>>(""), "as fixed64"));
  CHECK(contains(refusal<codec::fixed<bool>>("\x02"), "neither 0 nor 1"));
}

TEST_CASE("codec: numbers are numbers in JSON, where JSON has them") {
  CHECK(codec::decimal<int>::to_json("-7") == "-7");
  CHECK(codec::decimal<int>::to_json("007") == "7");
  CHECK(codec::decimal<bool>::to_json("1") == "true");
  CHECK(codec::decimal<double>::to_json(".5") == "0.5");
  CHECK(codec::decimal<double>::to_json("inf") == R"("inf")");
  CHECK(codec::fixed<std::int16_t>::to_json("\xff\xfe") == "-2");
  CHECK(codec::fixed<double>::to_json(encoded<codec::fixed<double>>(2.5)) == "2.5");
  CHECK_THROWS_AS(static_cast<void>(codec::decimal<int>::to_json("x")), error);
}

TEST_CASE("codec: rows of a codec without to_json are shown as text") {
  CHECK(detail::row_to_json(rot{}, "ifmmp") == R"("ifmmp")");
  CHECK(detail::row_to_json(codec::decimal<int>{}, "7") == "7");
  CHECK(rot{2}.decode(encoded<rot>("hello"s, rot{2})) == "hello");
}
