// A folder of its own for a test.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace corka::test {

/// Made empty; deleted with everything in it. In $TMPDIR or /tmp, or where it is told to be.
class temporary_folder {
 public:
  temporary_folder() : temporary_folder{std::filesystem::temp_directory_path()} {}
  explicit temporary_folder(const std::filesystem::path& in) {
    auto pattern = (in / "corka-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error{errno, std::generic_category(), pattern};
    path_ = pattern;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& below) const { return path_ / below; }

 private:
  std::filesystem::path path_;
};

/// Where very many small files are best made: in memory, on machines that have such a place.
inline std::filesystem::path in_memory() {
  const std::filesystem::path memory{"/dev/shm"};
  return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

}  // namespace corka::test
