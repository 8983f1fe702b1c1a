// The files of web/ as the program carries them.
#pragma once

#include <span>
#include <string_view>

namespace corka::query {

struct embedded_file {
  std::string_view name;  ///< "pages/overview.js": below web/
  std::string_view bytes;
};

/// Sorted by name. Life: that of the program.
[[nodiscard]] std::span<const embedded_file> embedded_files();

}  // namespace corka::query
