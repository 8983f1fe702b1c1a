// Bytes in messages for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace corka {

/// Lower-case hexadecimal digits, two a byte.
[[nodiscard]] std::string hex(std::string_view bytes);

/// At most `max` of the bytes, those around position `around`, in double quotes and printable: others than printable
/// ASCII as
/// \xNN. Says how many there are if it leaves some out: `…"word in the mid"… (3104 bytes)`.
[[nodiscard]] std::string excerpt(std::string_view bytes, std::size_t max = 80, std::size_t around = 0);

}  // namespace corka
