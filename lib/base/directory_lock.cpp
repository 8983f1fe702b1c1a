#include "base/directory_lock.hpp"

#include <corka/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace corka {

namespace {

std::string owner_of(int file) {
  std::array<char, 32> text{};
  const auto n = ::pread(file, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  if (pid.empty()) return "another process";
  if (pid == std::to_string(::getpid())) return "this very process (pid " + pid + ")";
  return "process " + pid;
}

}  // namespace

directory_lock::directory_lock(std::string_view what, const std::filesystem::path& folder, std::string_view instead) {
  const auto subject = std::string{what} + " '" + folder.string() + "' ";
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (!failed) {
    file_ = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) failed.assign(errno, std::generic_category());
  }
  if (failed) {
    throw error{errc::store_failed, subject + "cannot be written: " + failed.message() +
                                        " (make it writable, or choose another --state-dir)"};
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const auto code = errno;
    const bool held = code == EWOULDBLOCK;
    const auto why =
        held ? "is in use by " + owner_of(file_) : "cannot be locked: " + std::generic_category().message(code);
    ::close(file_);
    throw error{held ? errc::store_in_use : errc::store_failed,
                subject + why + " (stop that one, or give this process " + std::string{instead} + ")"};
  }
  // Only for the message above; the lock itself does not depend on it.
  const auto pid = std::to_string(::getpid()) + "\n";
  const bool told = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, pid.data(), pid.size(), 0) >= 0;
  static_cast<void>(told);
}

// The file stays: removing it would let a third process lock a file that a second one has just opened.
directory_lock::~directory_lock() { ::close(file_); }

}  // namespace corka
