#include "base/excerpt.hpp"

#include <corka/error.hpp>
#include <corka/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace corka::detail {

namespace {

constexpr std::size_t deepest = 1'000;
constexpr double two_to_63 = 9'223'372'036'854'775'808.0;

/// nlohmann's messages without their "[json.exception.type_error.302] " and what they quote of the input, which has no
/// bounds.
std::string plain(const std::exception& e) {
  constexpr std::size_t most = 300;
  std::string what = e.what();
  if (what.starts_with("[json.exception.")) what.erase(0, what.find(' ') + 1);
  if (const auto quoted = what.find("; last read: '"); quoted != what.npos) {
    const auto more = what.rfind("'; expected ");
    what.erase(quoted, more == what.npos ? what.npos : more + 1 - quoted);
  }
  if (what.size() > most) what.replace(most, what.npos, "…");
  return what;
}

/// nlohmann parses any depth, but copies and writes values by recursion, which then overflows the stack.
void check_depth(std::string_view bytes) {
  // Without looking, shorter texts cannot be deep.
  if (bytes.size() <= deepest) return;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest) throw_decode_failed("json", bytes, i, "nested too deep");
    } else if (c == ']' || c == '}') {
      depth -= depth > 0 ? 1 : 0;
    }
  }
}

[[noreturn]] void throw_malformed(std::string_view bytes, const nlohmann::json::parse_error& e) {
  // nlohmann counts from 1, up to the byte that it cannot use; the message's own "at line 1, column 5: " says the same
  // again.
  const std::size_t at = std::min(e.byte > 0 ? e.byte - 1 : 0, bytes.size());
  auto what = plain(e);
  if (const auto text = what.find(": "); text != what.npos) what.erase(0, text + 2);
  throw_decode_failed("json", bytes, at, what);
}

}  // namespace

nlohmann::json parse_json(std::string_view bytes) {
  check_depth(bytes);
  try {
    return nlohmann::json::parse(bytes);
  } catch (const nlohmann::json::parse_error& e) {
    throw_malformed(bytes, e);
  } catch (const nlohmann::json::exception& e) {  // a number too large
    throw_decode_failed("json", bytes, 0, plain(e));
  }
}

void append_json(const nlohmann::json& value, std::string& into) {
  try {
    into += value.dump();
  } catch (const nlohmann::json::exception& e) { throw_json_unwritable(e); }
}

std::string checked_json(std::string_view bytes) {
  static_cast<void>(parse_json(bytes));
  return std::string{bytes};
}

bool has_huge_number(const nlohmann::json& value) {
  if (value.is_structured()) return std::any_of(value.begin(), value.end(), has_huge_number);
  // Unsigned integers are whole up to 2^64; what is larger, or more negative than -2^63, has become floating point.
  return value.is_number_float() && std::abs(value.get<double>()) >= two_to_63;
}

nlohmann::json without_huge_numbers(nlohmann::json value) {
  if (value.is_structured()) {
    for (auto& element : value) element = without_huge_numbers(std::move(element));
    return value;
  }
  return has_huge_number(value) ? nlohmann::json(0.0) : value;
}

void refuse_huge_integers(const nlohmann::json& value, const nlohmann::json& read) {
  if (value.is_object() && read.is_object()) {
    for (const auto& [name, element] : value.items()) {
      if (const auto same = read.find(name); same != read.end()) refuse_huge_integers(element, *same);
    }
  } else if (value.is_array() && read.is_array()) {
    for (std::size_t i = 0; i < std::min(value.size(), read.size()); ++i) refuse_huge_integers(value[i], read[i]);
  } else if (read.is_number_integer() && has_huge_number(value)) {
    throw std::out_of_range{"number " + value.dump() + " does not fit into an integer"};
  }
}

void throw_json_mismatch(std::string_view bytes, const std::exception& why) {
  throw error{errc::decode_failed, "cannot decode " + excerpt(bytes) + " as json of the expected type: " + plain(why) +
                                       "; check that the topic's writers use the same type, or give members defaults "
                                       "(NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT)"};
}

void throw_json_unwritable(const std::exception& why) {
  throw error{errc::encode_failed, "cannot encode a value as json: " + plain(why) +
                                       "; JSON text must be UTF-8: keep other bytes in codec::bytes"};
}

}  // namespace corka::detail
