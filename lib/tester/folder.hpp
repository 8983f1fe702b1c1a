// A folder that is there for as long as somebody needs it.
#pragma once

#include <filesystem>

namespace corka::tester_parts {

/// Made empty, in $TMPDIR or /tmp; deleted with everything in it. Errors: std::system_error.
class temporary_folder {
 public:
  temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace corka::tester_parts
