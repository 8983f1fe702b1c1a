// Files that are part of the program.
#pragma once

#include <span>
#include <string_view>

namespace corka::query {

/// A file of web/, or "openapi.json". Life: that of the program.
struct embedded_file {
  std::string_view path;  ///< below web/
  std::string_view bytes;
  std::string_view gzip;  ///< the same, compressed
};

[[nodiscard]] std::span<const embedded_file> embedded_files();

}  // namespace corka::query
