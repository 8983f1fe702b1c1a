// Text and bytes come back as they are, and are shown as JSON whatever they are.
#include "fuzz/fuzzing.hpp"

#include "base/excerpt.hpp"

#include <corka/codec.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using fuzz::require;

namespace {

template <class Codec>
void check(std::string_view bytes) {
  require(fuzz::encoded<Codec>(Codec::decode(bytes)) == bytes);
  const auto shown = nlohmann::json::parse(Codec::to_json(bytes)).template get<std::string>();
  require(shown == bytes || shown == hex(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check<codec::text>(bytes);
  check<codec::bytes<>>(bytes);
  check<codec::bytes<std::string>>(bytes);
  check<codec::bytes<std::vector<unsigned char>>>(bytes);
  // In messages for people, around any place of it.
  const auto around = size == 0 ? 0 : data[0] * size / 256;
  for (const char c : excerpt(bytes, 20, around)) require(c != '\n' && c != '\0');
  return 0;
}
