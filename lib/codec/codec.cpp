#include "base/excerpt.hpp"

#include <corka/codec.hpp>
#include <corka/error.hpp>

#include <nlohmann/json.hpp>

namespace corka::detail {

void throw_decode_failed(std::string_view codec, std::string_view bytes, std::size_t at, std::string_view what) {
  std::string message = "cannot decode ";
  message += excerpt(bytes, 80, at);
  ((message += " as ") += codec) += ": ";
  ((message += what) += " at byte ") += std::to_string(at);
  message += "; check that the topic's writers use this codec, or give the handle theirs";
  throw error{errc::decode_failed, message};
}

std::string text_to_json(std::string_view bytes) {
  try {
    return nlohmann::json(bytes).dump();
  } catch (const nlohmann::json::type_error&) {  // not UTF-8
    return bytes_to_json(bytes);
  }
}

std::string bytes_to_json(std::string_view bytes) { return '"' + hex(bytes) + '"'; }

}  // namespace corka::detail
