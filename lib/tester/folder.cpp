#include "tester/folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace corka::tester_parts {

temporary_folder::temporary_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "corka-tester-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error{errno, std::generic_category(), pattern};
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace corka::tester_parts
