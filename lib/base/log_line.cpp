#include "base/log_line.hpp"

#include "base/excerpt.hpp"

#include <cstdio>
#include <ctime>

namespace corka {

namespace {

std::string_view colour_of(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return "\033[2m";
    case log_level::warn: return "\033[33m";
    case log_level::error: return "\033[31m";
    default: return "";
  }
}

void append_clean(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\n    ";
    } else if (static_cast<unsigned char>(c) < ' ' && c != '\t') {
      to += "\\x" + hex({&c, 1});
    } else {
      to += c;
    }
  }
}

}  // namespace

std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warn";
    case log_level::error: return "error";
    case log_level::off: break;
  }
  return "off";
}

std::string log_line(std::int64_t wall_ms, log_level level, std::string_view component, std::string_view message,
                     bool coloured) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  const auto colour = coloured ? colour_of(level) : std::string_view{};

  char time[64];
  std::snprintf(time, sizeof time, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(wall_ms % 1000));
  std::string line = time;
  line += colour;
  line += to_string(level);
  line.append(6 - to_string(level).size(), ' ');
  append_clean(line, component);
  if (!component.empty()) line += ": ";
  append_clean(line, message);
  if (!colour.empty()) line += "\033[0m";
  line += '\n';
  return line;
}

}  // namespace corka
