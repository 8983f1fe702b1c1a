// What the JSON codec reads it can write, and reads again as the same; what it does not read it refuses with an error.
#include "fuzz/fuzzing.hpp"

#include <corka/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using fuzz::require;

namespace {

struct row {
  std::string name;
  std::int64_t count = 0;
  std::uint8_t small = 0;
  double share = 0;
  std::vector<bool> flags;
  std::map<std::string, std::string> more;
  friend bool operator==(const row&, const row&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(row, name, count, small, share, flags, more)

template <class T>
void check(std::string_view bytes) {
  using codec = codec::json<T>;
  const auto value = fuzz::decoded<codec>(bytes);
  if (!value) return;
  const auto again = fuzz::encoded<codec>(*value);
  require(codec::decode(again) == *value);
  require(fuzz::encoded<codec>(codec::decode(again)) == again);
  // People see what is there, not what the type makes of it.
  require(codec::to_json(bytes) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check<nlohmann::json>(bytes);
  check<row>(bytes);
  check<std::vector<std::int32_t>>(bytes);
  return 0;
}
