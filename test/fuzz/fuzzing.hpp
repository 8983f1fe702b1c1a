// What fuzz targets share.
#pragma once

#include <corka/error.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace corka::fuzz {

/// Ends the process where it does not hold, which is what a finding is.
inline void require(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d does not hold\n", file, line);
  std::abort();
}

/// Takes values off the front of an input; once it is used up there are zeros and empty texts.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : left_{reinterpret_cast<const char*>(data), size} {}

  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return left_; }
  std::uint8_t byte() { return left_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(bytes(1).front()); }
  /// At most `n` bytes.
  std::string_view bytes(std::size_t n) {
    const auto taken = left_.substr(0, n);
    left_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to the next line feed, which goes too.
  std::string_view line() {
    const auto taken = left_.substr(0, left_.find('\n'));
    left_.remove_prefix(taken.size() < left_.size() ? taken.size() + 1 : taken.size());
    return taken;
  }

 private:
  std::string_view left_;
};

/// A refusal by a codec says so with its code, briefly, and with a position within the input, if with any.
inline void check_refusal(const error& e, std::string_view bytes) {
  require(e.kind() == errc::decode_failed);
  const std::string_view text{e.what()};
  require(text.size() <= 2'000);
  // The message's own, not one that it quotes.
  constexpr std::string_view behind = "; check that the topic's writers use this codec, or give the handle theirs";
  if (!text.ends_with(behind)) return;
  const auto end = text.size() - behind.size();
  constexpr std::string_view before = " at byte ";
  const auto at = text.rfind(before, end);
  require(at != std::string_view::npos);
  std::size_t position = 0;
  const auto [stopped, failed] = std::from_chars(text.data() + at + before.size(), text.data() + end, position);
  require(failed == std::errc{} && stopped == text.data() + end && position <= bytes.size());
}

/// What `Codec` makes of the bytes; nothing: it refuses them.
template <class Codec>
auto decoded(std::string_view bytes) -> std::optional<decltype(Codec::decode(bytes))> {
  try {
    return Codec::decode(bytes);
  } catch (const error& e) { check_refusal(e, bytes); }
  return std::nullopt;
}

template <class Codec, class T>
std::string encoded(const T& value) {
  std::string bytes;
  Codec::encode(value, bytes);
  return bytes;
}

}  // namespace corka::fuzz
