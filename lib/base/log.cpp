#include "base/clock.hpp"
#include "base/log_line.hpp"

#include <corka/log.hpp>

#include <unistd.h>

#include <cstdio>

namespace corka {

log_sink stderr_sink() {
  const bool coloured = ::isatty(STDERR_FILENO) != 0;
  return [coloured](log_level level, std::string_view component, std::string_view message) {
    const auto line = log_line(system_clock{}.wall_ms(), level, component, message, coloured);
    // One call a line: lines of several threads do not mix.
    std::fwrite(line.data(), 1, line.size(), stderr);
  };
}

}  // namespace corka
