// Numbers in ASCII: what is read is written as what reads back to the same, and every number reads back.
#include "fuzz/fuzzing.hpp"

#include <corka/codec.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

using namespace corka;
using fuzz::require;

namespace {

template <class T>
bool same(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) && std::isnan(b)) return true;
    return a == b && std::signbit(a) == std::signbit(b);
  } else {
    return a == b;
  }
}

template <class T>
void check_value(T value) {
  using codec = codec::decimal<T>;
  const auto bytes = fuzz::encoded<codec>(value);
  require(!bytes.empty() && bytes.size() <= 64);
  const auto again = fuzz::decoded<codec>(bytes);
  require(again && same(*again, value));
  require(fuzz::encoded<codec>(*again) == bytes);
  const auto shown = nlohmann::json::parse(codec::to_json(bytes));
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) require(shown.template get<T>() == value);
}

template <class T>
void check(std::string_view bytes) {
  if (const auto value = fuzz::decoded<codec::decimal<T>>(bytes)) {
    check_value(*value);
    static_cast<void>(nlohmann::json::parse(codec::decimal<T>::to_json(bytes)));
  }
  // The number that the bytes would be in memory. Not bool and long double, where not all bytes are one.
  if constexpr (!std::is_same_v<T, bool> && !std::is_same_v<T, long double>) {
    if (bytes.size() < sizeof(T)) return;
    T raw{};
    std::memcpy(&raw, bytes.data(), sizeof raw);
    check_value(raw);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check<bool>(bytes);
  check<char>(bytes);
  check<signed char>(bytes);
  check<unsigned char>(bytes);
  check<std::int16_t>(bytes);
  check<std::uint16_t>(bytes);
  check<std::int32_t>(bytes);
  check<std::uint32_t>(bytes);
  check<std::int64_t>(bytes);
  check<std::uint64_t>(bytes);
  check<float>(bytes);
  check<double>(bytes);
  check<long double>(bytes);
  return 0;
}
