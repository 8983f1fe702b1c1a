// How a message looks on a terminal or in a file.
#pragma once

#include <corka/log.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace corka {

[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// "2024-01-01T00:00:00.000Z info  planes/3: message", with a line end. Further lines of the message are indented;
/// other control characters, which could fake lines or drive the terminal, are written as \xNN.
[[nodiscard]] std::string log_line(std::int64_t wall_ms, log_level level, std::string_view component,
                                   std::string_view message, bool coloured);

}  // namespace corka
