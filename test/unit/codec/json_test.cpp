#include <corka/error.hpp>
#include <corka/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

struct item {
  std::string name;
  std::int64_t price = 0;
  friend bool operator==(const item&, const item&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(item, name, price)

struct order {
  std::vector<item> items;
  std::map<std::string, double> rates;
  bool paid = false;
  friend bool operator==(const order&, const order&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order, items, rates, paid)

enum class size { small, large };

struct picky {};
inline void to_json(nlohmann::json&, const picky&) { throw std::logic_error{"not today"}; }
inline void from_json(const nlohmann::json&, picky&) { throw std::invalid_argument{"must be even"}; }

struct plain {};

}  // namespace shop

using namespace corka;

static_assert(std::is_same_v<default_codec<shop::item>, codec::json<shop::item>>);
static_assert(std::is_same_v<default_codec<shop::size>, codec::json<shop::size>>);
static_assert(std::is_same_v<default_codec<std::vector<int>>, codec::json<std::vector<int>>>);
static_assert(std::is_same_v<default_codec<std::string>, codec::text>);
static_assert(codec_for<codec::json<shop::item>, shop::item>);
static_assert(detail::json_convertible<shop::order>);
static_assert(!detail::json_convertible<shop::plain>);

namespace {

template <class T>
std::string encoded(const T& value) {
  std::string into = "kept:";
  codec::json<T>::encode(value, into);
  REQUIRE(into.starts_with("kept:"));
  return into.substr(5);
}

template <class T = shop::item>
std::string refusal(std::string_view bytes) {
  try {
    static_cast<void>(codec::json<T>::decode(bytes));
  } catch (const error& e) {
    CHECK(e.kind() == errc::decode_failed);
    return e.what();
  }
  return "decoded";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("codec json: values read back, whatever is nested") {
  const shop::order value{{{"tea \"green\" \xc5\xbc", 250}, {"", -1}}, {{"vat", 0.23}}, true};
  CHECK(codec::json<shop::order>::decode(encoded(value)) == value);
  CHECK(encoded(shop::item{"tea", 250}) == R"({"name":"tea","price":250})");
  CHECK(codec::json<shop::size>::decode(encoded(shop::size::large)) == shop::size::large);
  CHECK(codec::json<std::vector<int>>::decode("[1,2]") == std::vector<int>{1, 2});
}

TEST_CASE("codec json: blanks, other orders and unknown members are read") {
  const auto value = codec::json<shop::item>::decode(" { \"price\" : 3, \"new\": {}, \"name\": \"x\" }\n");
  CHECK(value == shop::item{"x", 3});
}

TEST_CASE("codec json: malformed input is refused with the position and an excerpt") {
  struct {
    std::string bytes;
    const char* says;
  } const cases[] = {
      {"", "at byte 0"},
      {"x", "at byte 0"},
      {R"({"name":"x","price":})", "at byte 20"},
      {R"({"name":"x","price":1)", "at byte 21"},
      {R"({"name":"x","price":1}x)", "at byte 22"},
      {"{\"name\":\"\xff\",\"price\":1}", "at byte 9"},
      {"nul", "at byte 3"},
  };
  for (const auto& c : cases) {
    const auto said = refusal(c.bytes);
    CAPTURE(said);
    CHECK(contains(said, "as json"));
    CHECK(contains(said, c.says));
    CHECK_FALSE(contains(said, "json.exception"));
  }
  const auto deep_inside = refusal("{\"name\":\"" + std::string(10'000, 'x') + "\",!");
  CHECK(deep_inside.size() < 500);
  CHECK(contains(deep_inside, "xxx\\\",!"));
  CHECK(refusal("{\"price\":1" + std::string(10'000, '0') + "e400}").size() < 700);
  CHECK(refusal('"' + std::string(10'000, 'x')).size() < 500);
}

TEST_CASE("codec json: a value of another type names what is wrong") {
  CHECK(contains(refusal(R"({"name":"x"})"), "key 'price' not found"));
  CHECK(contains(refusal(R"({"name":7,"price":1})"), "type must be string, but is number"));
  CHECK(contains(refusal("[1]"), R"("[1]")"));
  CHECK(contains(refusal("null"), "as json of the expected type"));
  CHECK(contains(refusal<shop::picky>("7"), "must be even"));
}

TEST_CASE("codec json: a number that no integer can hold is refused where an integer is read, and only there") {
  const auto decode = [](std::string_view text) { return codec::json<shop::item>::decode(text); };
  CHECK_THROWS_WITH_AS(static_cast<void>(decode(R"({"name": "x", "price": -9223372036854775809})")),
                       doctest::Contains("does not fit into an integer"), error);
  CHECK_THROWS_AS(static_cast<void>(decode(R"({"name": "x", "price": 1e30})")), error);
  CHECK(decode(R"({"name": "x", "price": 7, "unknown": 1e30})").price == 7);
  using floats = std::vector<double>;
  CHECK(codec::json<floats>::decode("[1e30, 2.5]") == floats{1e30, 2.5});
}

TEST_CASE("codec json: a hostile depth is refused, not followed") {
  using any = nlohmann::json;
  const std::string deep(1'000'000, '[');
  CHECK(contains(refusal<any>(deep), "nested too deep at byte 1000"));
  std::string objects;
  for (int i = 0; i < 5'000; ++i) objects += "{\"a\":";
  CHECK(contains(refusal<any>(objects), "nested too deep"));
  CHECK_THROWS_AS(static_cast<void>(codec::json<any>::to_json(deep)), error);
  // Brackets in strings are not depth, and closed ones do not add up.
  const auto text = codec::json<std::string>::decode("\"\\\"" + std::string(5'000, '[') + '"');
  CHECK(text == '"' + std::string(5'000, '['));
  std::string many = "[0";
  for (int i = 0; i < 5'000; ++i) many += ",[]";
  CHECK(codec::json<any>::decode(many + ']').size() == 5'001);
}

TEST_CASE("codec json: what cannot be written is an error, and nothing is appended") {
  std::string into = "kept";
  try {
    codec::json<shop::item>::encode({"\xff", 1}, into);
    FAIL("written");
  } catch (const error& e) {
    CHECK(e.kind() == errc::encode_failed);
    CHECK(contains(e.what(), "UTF-8"));
  }
  CHECK_THROWS_WITH_AS(codec::json<shop::picky>::encode({}, into), doctest::Contains("not today"), error);
  CHECK(into == "kept");
}

TEST_CASE("codec json: people see the bytes as they are, if they are JSON") {
  CHECK(codec::json<shop::item>::to_json(R"({"name": "x", "more": 1})") == R"({"name": "x", "more": 1})");
  CHECK_THROWS_AS(static_cast<void>(codec::json<shop::item>::to_json("{")), error);
}
