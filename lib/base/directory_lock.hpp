// Keeps two processes from using one folder.
#pragma once

#include <filesystem>
#include <string_view>

namespace corka {

/// Holds a folder for this process, by a lock on the file `lock` in it, which says whose it is.
///
/// Life: held from construction to destruction; the operating system lets go of it when the process dies, however it
/// dies. Errors: error{errc::store_in_use} names the folder and the owner's pid; error{errc::store_failed} where the
/// folder cannot be made or written. Both begin with `what`, as in "state folder", and end in what to
/// give to the process that was refused.
class directory_lock {
 public:
  directory_lock(std::string_view what, const std::filesystem::path& folder,
                 std::string_view instead = "another --state-dir");
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  ~directory_lock();

 private:
  int file_ = -1;
};

}  // namespace corka
