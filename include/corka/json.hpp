// Values as JSON, by nlohmann's conversions.
#pragma once

#include <corka/codec.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace corka {

namespace detail {

/// Parses one JSON text, nested at most 1'000 deep. @throws error{errc::decode_failed} with the position.
[[nodiscard]] nlohmann::json parse_json(std::string_view bytes);
/// True if a number is beyond 64-bit integers: an integer member would silently get another one.
[[nodiscard]] bool has_huge_number(const nlohmann::json& value);
/// `value` with 0.0 for every huge number.
[[nodiscard]] nlohmann::json without_huge_numbers(nlohmann::json value);
/// @throws std::out_of_range where a huge number of `value` is an integer in `read`, which is what a type made of it.
void refuse_huge_integers(const nlohmann::json& value, const nlohmann::json& read);
/// Appends compact UTF-8. @throws error{errc::encode_failed} where a string is not UTF-8.
void append_json(const nlohmann::json& value, std::string& into);
/// `bytes`, if they are JSON: people see what is there, also members that the type does not know.
[[nodiscard]] std::string checked_json(std::string_view bytes);
[[noreturn]] void throw_json_mismatch(std::string_view bytes, const std::exception& why);
[[noreturn]] void throw_json_unwritable(const std::exception& why);

template <class T>
concept json_convertible = requires(nlohmann::json& json, const nlohmann::json& given, const T& value) {
  json = value;
  given.template get<T>();
};

}  // namespace detail

namespace codec {

/// Compact JSON in UTF-8. What the type's conversions do not read is passed over; what they miss is an error that names
/// it. A floating point number that is not finite is written as null, as JSON has none.
template <class T>
struct json {
  static void encode(const T& value, std::string& into) {
    check();
    nlohmann::json made;
    try {
      made = value;
    } catch (const std::exception& e) { detail::throw_json_unwritable(e); }
    detail::append_json(made, into);
  }

  [[nodiscard]] static T decode(std::string_view bytes) {
    check();
    const auto parsed = detail::parse_json(bytes);
    try {
      if (detail::has_huge_number(parsed)) {
        const nlohmann::json read = detail::without_huge_numbers(parsed).template get<T>();
        detail::refuse_huge_integers(parsed, read);
      }
      return parsed.template get<T>();
    } catch (const std::exception& e) { detail::throw_json_mismatch(bytes, e); }
  }

  [[nodiscard]] static std::string_view name() noexcept { return "json"; }
  [[nodiscard]] static std::string to_json(std::string_view bytes) { return detail::checked_json(bytes); }

 private:
  // Where the conversions are needed, not where the codec is named: handles may be declared before them.
  static constexpr void check() {
    static_assert(
        detail::json_convertible<T>,
        "corka: this type has no JSON conversions: write NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(type, members...) (or "
        "to_json and from_json) in the type's namespace before it is used, or name a codec: stream<T, my_codec>");
  }
};

}  // namespace codec

namespace detail {

template <class T>
  requires(!number<T> && !byte_container<T>)
struct structured_codec<T> {
  using type = codec::json<T>;
};

}  // namespace detail

}  // namespace corka
