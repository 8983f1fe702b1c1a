// Numbers of fixed width: bytes of the right length are a number and its bytes again, others are refused.
#include "fuzz/fuzzing.hpp"

#include <corka/codec.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

using namespace corka;
using fuzz::require;

namespace {

template <class T>
void check(std::string_view bytes) {
  using codec = codec::fixed<T>;
  const auto value = fuzz::decoded<codec>(bytes);
  if (!std::is_same_v<T, bool>) require(value.has_value() == (bytes.size() == sizeof(T)));
  if (value) {
    require(fuzz::encoded<codec>(*value) == bytes);
    static_cast<void>(nlohmann::json::parse(codec::to_json(bytes)));
  }
  if (bytes.size() > sizeof(T)) check<T>(bytes.substr(0, sizeof(T)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check<bool>(bytes);
  check<char>(bytes);
  check<std::int8_t>(bytes);
  check<std::uint16_t>(bytes);
  check<std::int32_t>(bytes);
  check<std::int64_t>(bytes);
  check<std::uint64_t>(bytes);
  check<float>(bytes);
  check<double>(bytes);
  return 0;
}
