// How values become bytes in Kafka, and back.
//
// A codec is any copyable type with
//   void encode(const T&, std::string& into) const;   // appends
//   T decode(std::string_view bytes) const;           // throws error{errc::decode_failed}
//   std::string_view name() const;                    // kept with local copies: another name makes them stale
// static or not, and, if rows of a table are to be seen by people,
//   std::string to_json(std::string_view bytes) const;
// They are called from several threads at once. JSON is in <corka/json.hpp>.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace corka {

template <class C, class T>
concept codec_for =
    std::copyable<C> && requires(const C& codec, const T& value, std::string& into, std::string_view bytes) {
      codec.encode(value, into);
      { codec.decode(bytes) } -> std::same_as<T>;
      { codec.name() } -> std::convertible_to<std::string_view>;
    };

namespace detail {

/// "cannot decode … as <codec>: <what> at byte <at>; …".
[[noreturn]] void throw_decode_failed(std::string_view codec, std::string_view bytes, std::size_t at,
                                      std::string_view what);

/// A JSON string: of UTF-8 text as it is, of other bytes in hexadecimal.
[[nodiscard]] std::string text_to_json(std::string_view bytes);
[[nodiscard]] std::string bytes_to_json(std::string_view bytes);

/// A row as JSON text, by the codec if it can, else as text.
template <class Codec>
[[nodiscard]] std::string row_to_json(const Codec& codec, std::string_view bytes) {
  if constexpr (requires {
                  { codec.to_json(bytes) } -> std::convertible_to<std::string>;
                }) {
    return codec.to_json(bytes);
  } else {
    return text_to_json(bytes);
  }
}

/// The numbers that std::from_chars reads, and bool.
template <class T>
concept number = std::is_arithmetic_v<T> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                 !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// Bytes of a fixed number are those of the unsigned integer of its size.
template <class T>
concept fixed_number = number<T> && sizeof(T) <= 8;

template <class T>
concept byte_container = std::same_as<T, std::string> || std::same_as<T, std::vector<std::byte>> ||
                         std::same_as<T, std::vector<unsigned char>>;

}  // namespace detail

namespace codec {

/// Text as it is; no character set is checked.
struct text {
  static void encode(std::string_view value, std::string& into) { into += value; }
  [[nodiscard]] static std::string decode(std::string_view bytes) { return std::string{bytes}; }
  [[nodiscard]] static std::string_view name() noexcept { return "text"; }
  [[nodiscard]] static std::string to_json(std::string_view bytes) { return detail::text_to_json(bytes); }
};

/// Bytes as they are; shown in hexadecimal.
template <detail::byte_container T = std::vector<std::byte>>
struct bytes {
  static void encode(const T& value, std::string& into) {
    into.append(reinterpret_cast<const char*>(value.data()), value.size());
  }
  [[nodiscard]] static T decode(std::string_view from) {
    const auto* first = reinterpret_cast<const typename T::value_type*>(from.data());
    return T(first, first + from.size());
  }
  [[nodiscard]] static std::string_view name() noexcept { return "bytes"; }
  [[nodiscard]] static std::string to_json(std::string_view from) { return detail::bytes_to_json(from); }
};

/// Numbers in ASCII, integers as goka's Int64, floating point as short as reads back to the same; bool is 0 or 1.
/// Reading takes the whole input: no sign +, no blanks, nothing out of range.
template <detail::number T>
struct decimal {
  static void encode(T value, std::string& into);
  [[nodiscard]] static T decode(std::string_view bytes);
  [[nodiscard]] static std::string_view name() noexcept { return "decimal"; }
  [[nodiscard]] static std::string to_json(std::string_view bytes);
};

/// Numbers in as many bytes as the type has, the most significant first; floating point by IEEE 754; bool is one byte,
/// 0 or 1.
template <detail::fixed_number T>
struct fixed {
  static void encode(T value, std::string& into) {
    const auto bits = std::bit_cast<word>(value);
    for (std::size_t i = sizeof(T); i-- > 0;) into += static_cast<char>(bits >> (8 * i) & 0xffU);
  }
  [[nodiscard]] static T decode(std::string_view bytes) {
    if (bytes.size() != sizeof(T)) detail::throw_decode_failed(name(), bytes, bytes.size(), "wrong length");
    std::uint64_t bits = 0;
    for (const char c : bytes) bits = bits << 8U | static_cast<unsigned char>(c);
    if constexpr (std::same_as<T, bool>) {
      if (bits > 1) detail::throw_decode_failed(name(), bytes, 0, "neither 0 nor 1");
      return bits == 1;
    } else {
      return std::bit_cast<T>(static_cast<word>(bits));
    }
  }
  [[nodiscard]] static std::string_view name() noexcept {
    return sizeof(T) == 8 ? "fixed64" : sizeof(T) == 4 ? "fixed32" : sizeof(T) == 2 ? "fixed16" : "fixed8";
  }
  [[nodiscard]] static std::string to_json(std::string_view bytes) {
    std::string digits;
    decimal<T>::encode(decode(bytes), digits);
    return decimal<T>::to_json(digits);
  }

 private:
  using word = std::conditional_t<sizeof(T) == 8, std::uint64_t,
                                  std::conditional_t<sizeof(T) == 4, std::uint32_t,
                                                     std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;
};

}  // namespace codec

namespace detail {

/// Specialised by <corka/json.hpp> for types that are neither text nor numbers.
template <class T>
struct structured_codec {
  static_assert(
      sizeof(T) == 0,
      "corka: no default codec for this type: include <corka/json.hpp> and give the type nlohmann conversions "
      "(NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE), or name a codec: stream<T, my_codec>");
};

template <class T>
struct choose_codec : structured_codec<T> {};
template <>
struct choose_codec<std::string> {
  using type = codec::text;
};
template <byte_container T>
  requires(!std::same_as<T, std::string>)
struct choose_codec<T> {
  using type = codec::bytes<T>;
};
template <number T>
struct choose_codec<T> {
  using type = codec::decimal<T>;
};

}  // namespace detail

/// Text for std::string, bytes for byte vectors, decimal for numbers, JSON for everything else.
template <class T>
using default_codec = typename detail::choose_codec<T>::type;

}  // namespace corka
