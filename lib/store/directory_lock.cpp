#include "store/directory_lock.hpp"

#include <corka/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace corka::store {

namespace {

std::string owner_of(int file) {
  char text[32]{};
  const auto n = ::pread(file, text, sizeof text - 1, 0);
  std::string pid;
  for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  if (pid.empty()) return "another process";
  if (pid == std::to_string(::getpid())) return "this very process (pid " + pid + ")";
  return "process " + pid;
}

}  // namespace

directory_lock::directory_lock(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const auto path = folder / "lock";
  if (!failed) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) failed.assign(errno, std::generic_category());
  }
  if (failed) {
    throw error{errc::store_failed, "state folder '" + folder.string() + "' cannot be written: " + failed.message() +
                                        " (make it writable, or choose another one with --state-dir)"};
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const std::string why =
        held ? "is in use by " + owner_of(file_) : "cannot be locked: " + std::string{std::strerror(errno)};
    ::close(file_);
    throw error{held ? errc::store_in_use : errc::store_failed,
                "state folder '" + folder.string() + "' " + why +
                    " (stop that one, or give this process a name of its own with --instance, or another --state-dir)"};
  }
  // Only for the message above; the lock itself does not depend on it.
  const auto pid = std::to_string(::getpid()) + "\n";
  const bool told = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, pid.data(), pid.size(), 0) >= 0;
  static_cast<void>(told);
}

// The file stays: removing it would let a third process lock a file that a second one has just opened.
directory_lock::~directory_lock() { ::close(file_); }

}  // namespace corka::store
