#include <corka/codec.hpp>

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>

namespace corka::codec {

namespace {

// Enough for the shortest form of any long double that reads back to the same.
constexpr std::size_t most_digits = 64;

}  // namespace

template <detail::number T>
void decimal<T>::encode(T value, std::string& into) {
  if constexpr (std::same_as<T, bool>) {
    into += value ? '1' : '0';
  } else {
    char digits[most_digits];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    into.append(digits, end);
  }
}

template <detail::number T>
T decimal<T>::decode(std::string_view bytes) {
  if constexpr (std::same_as<T, bool>) {
    if (bytes != "0" && bytes != "1") detail::throw_decode_failed(name(), bytes, 0, "neither 0 nor 1");
    return bytes == "1";
  } else {
    T value{};
    std::string terminated;
    auto text = bytes;
    if constexpr (std::same_as<T, long double>) {
      // libstdc++ 12 reads on from "nan" to the next zero byte, wherever that is.
      terminated = bytes;
      text = terminated;
    }
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto at = static_cast<std::size_t>(end - text.data());
    if (ec == std::errc::result_out_of_range) detail::throw_decode_failed(name(), bytes, 0, "number out of range");
    if (ec != std::errc{}) detail::throw_decode_failed(name(), bytes, 0, bytes.empty() ? "nothing" : "no number");
    if (at != bytes.size()) detail::throw_decode_failed(name(), bytes, at, "something else than a number");
    return value;
  }
}

template <detail::number T>
std::string decimal<T>::to_json(std::string_view bytes) {
  const auto value = decode(bytes);
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    // Readers of JSON have doubles.
    constexpr auto most = std::numeric_limits<double>::max();
    if (!std::isfinite(value) || std::abs(value) > most) return detail::text_to_json(bytes);
  }
  // Written anew: what from_chars takes (007, .5) is more than JSON does.
  std::string out;
  encode(value, out);
  return out;
}

template struct decimal<bool>;
template struct decimal<char>;
template struct decimal<signed char>;
template struct decimal<unsigned char>;
template struct decimal<short>;
template struct decimal<unsigned short>;
template struct decimal<int>;
template struct decimal<unsigned int>;
template struct decimal<long>;
template struct decimal<unsigned long>;
template struct decimal<long long>;
template struct decimal<unsigned long long>;
template struct decimal<float>;
template struct decimal<double>;
template struct decimal<long double>;

}  // namespace corka::codec
