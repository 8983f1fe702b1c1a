#include "kafka/embedded/disk.hpp"

#include <corka/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace corka::kafka::embedded {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& file, const char* what, int code) {
  throw error{errc::store_failed,
              fmt::format("embedded broker: cannot {} {}: {}: check the disk and its rights, then start again", what,
                          file.string(), std::generic_category().message(code))};
}

class mapped_file final : public log_file {
 public:
  /// Takes `fd` over; -1: there is no file.
  mapped_file(fs::path file, int fd, std::size_t room) : file_{std::move(file)}, fd_{fd} {
    // One mapping for the whole life: views into it stay valid while the file grows.
    const bool in_memory = fd < 0;
    void* at = ::mmap(nullptr, room, in_memory ? PROT_READ | PROT_WRITE : PROT_READ,
                      in_memory ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
      const int code = errno;
      finish();
      fail(file_, "map", code);
    }
    data_ = static_cast<char*>(at);
    room_ = room;
  }
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() override {
    close_it();
    ::munmap(data_, room_);
  }

  void write(std::size_t at, std::string_view bytes) override {
    if (file_.empty()) {
      std::memcpy(data_ + at, bytes.data(), bytes.size());
      return;
    }
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        const auto code = n < 0 ? errno : ENOSPC;
        static_cast<void>(::ftruncate(fd_, static_cast<off_t>(at)));
        fail(file_, "write", code);
      }
      done += static_cast<std::size_t>(n);
    }
  }
  void cut(std::size_t size) override {
    if (fd_ >= 0 && ::ftruncate(fd_, static_cast<off_t>(size)) != 0) fail(file_, "cut", errno);
  }
  void sync() override {
    if (fd_ >= 0 && ::fdatasync(fd_) != 0) fail(file_, "sync", errno);
  }
  void finish() noexcept override { close_it(); }

 private:
  void close_it() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  fs::path file_;
  int fd_;
};

class machine_disk final : public disk {
 public:
  [[nodiscard]] std::unique_ptr<log_file> create(const fs::path& file, std::size_t room) override {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) fail(file, "create", errno);
    return std::make_unique<mapped_file>(file, fd, room);
  }

  [[nodiscard]] found open(const fs::path& file, std::size_t room) override {
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) fail(file, "open", errno);
    struct stat status{};
    if (::fstat(fd, &status) != 0) {
      const int code = errno;
      ::close(fd);
      fail(file, "look at", code);
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    auto mapped = std::make_unique<mapped_file>(file, fd, std::max(room, size));
    ::madvise(const_cast<char*>(mapped->data()), size, MADV_WILLNEED);  // all of it is checked next
    return {std::move(mapped), size};
  }

  [[nodiscard]] std::optional<std::string> read(const fs::path& file, std::size_t most) override {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::string bytes;
    char part[4096];
    while (bytes.size() < most) {
      const auto n = ::read(fd, part, std::min(sizeof part, most - bytes.size()));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      bytes.append(part, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return bytes;
  }

  [[nodiscard]] std::size_t size(const fs::path& file) override {
    return static_cast<std::size_t>(fs::file_size(file));
  }

  void write(const fs::path& file, std::string_view bytes) override {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) fail(file, "create", errno);
    const bool good = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
    const int code = errno;
    ::close(fd);
    if (!good) fail(file, "write", code);
  }

  [[nodiscard]] std::vector<entry> list(const fs::path& folder) override {
    std::vector<entry> all;
    for (const auto& e : fs::directory_iterator{folder}) all.push_back({e.path(), e.is_directory()});
    return all;
  }
  void make_folder(const fs::path& folder, bool sync) override {
    if (!sync || folder.empty() || fs::is_directory(folder)) {
      fs::create_directories(folder);
      return;
    }
    make_folder(folder.parent_path(), sync);
    fs::create_directory(folder);
    sync_folder(folder.parent_path());
  }
  void rename(const fs::path& from, const fs::path& to) override { fs::rename(from, to); }
  void remove(const fs::path& what) override { fs::remove_all(what); }
  void sync_folder(const fs::path& folder) override {
    const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
  }
};

}  // namespace

const std::shared_ptr<disk>& real_disk() {
  static const std::shared_ptr<disk> machine = std::make_shared<machine_disk>();
  return machine;
}

std::unique_ptr<log_file> file_in_memory(std::size_t room) {
  return std::make_unique<mapped_file>(fs::path{}, -1, room);
}

}  // namespace corka::kafka::embedded
