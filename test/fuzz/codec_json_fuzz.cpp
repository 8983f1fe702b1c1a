// What the JSON codec reads it can write, and reads again as the same; what it does not read it refuses with an error.
#include <corka/error.hpp>
#include <corka/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct row {
  std::string name;
  std::int64_t count = 0;
  std::vector<bool> flags;
  std::map<std::string, std::string> more;
  friend bool operator==(const row&, const row&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(row, name, count, flags, more)

template <class T>
void check(std::string_view bytes) {
  using codec = corka::codec::json<T>;
  try {
    const T value = codec::decode(bytes);
    std::string again;
    codec::encode(value, again);
    if (!(codec::decode(again) == value)) std::abort();
  } catch (const corka::error& e) {
    if (e.kind() != corka::errc::decode_failed) std::abort();
    if (std::string_view{e.what()}.size() > 2'000) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check<nlohmann::json>(bytes);
  check<row>(bytes);
  return 0;
}
