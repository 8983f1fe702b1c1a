// What the embedded broker does to a disk, and nothing else of the kind.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::embedded {

/// A file that grows at its end and is read through a mapping, which stays where it is.
///
/// Life: the mapping goes with the object, also after the file was removed or replaced. Threads: reading any; the
/// others one at a time. Errors: error{errc::store_failed}.
class log_file {
 public:
  log_file() = default;
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;
  virtual ~log_file() = default;

  [[nodiscard]] const char* data() const noexcept { return data_; }
  /// How long it may become.
  [[nodiscard]] std::size_t room() const noexcept { return room_; }

  /// Puts bytes there, which can be read then and outlive the process; nothing is there if it throws.
  virtual void write(std::size_t at, std::string_view bytes) = 0;
  virtual void cut(std::size_t size) = 0;
  /// Waits until the disk has all that was written.
  virtual void sync() = 0;
  /// Nothing more is written.
  virtual void finish() noexcept = 0;

 protected:
  char* data_ = nullptr;
  std::size_t room_ = 0;
};

/// Files and folders. What is renamed, made or removed outlives the process at once, and a crash of the machine once
/// its folder was synced.
///
/// Life: outlives the files. Threads: safe, for different paths. Errors: error{errc::store_failed} or
/// std::filesystem::filesystem_error.
struct disk {
  virtual ~disk() = default;

  /// An empty file with room for so many bytes, in the place of what an earlier try may have left.
  [[nodiscard]] virtual std::unique_ptr<log_file> create(const std::filesystem::path& file, std::size_t room) = 0;
  struct found {
    std::unique_ptr<log_file> what;
    std::size_t size = 0;
  };
  /// A file that exists, with room for so many bytes or as many as it has.
  [[nodiscard]] virtual found open(const std::filesystem::path& file, std::size_t room) = 0;

  /// The first `most` bytes, or fewer if it has fewer; nothing where it cannot be read.
  [[nodiscard]] virtual std::optional<std::string> read(const std::filesystem::path& file, std::size_t most) = 0;
  [[nodiscard]] virtual std::size_t size(const std::filesystem::path& file) = 0;
  /// A small file, as a whole, which the disk has afterwards.
  virtual void write(const std::filesystem::path& file, std::string_view bytes) = 0;

  struct entry {
    std::filesystem::path path;
    bool is_folder = false;
  };
  [[nodiscard]] virtual std::vector<entry> list(const std::filesystem::path& folder) = 0;
  /// With those above it; with `sync` the disk has afterwards what was missing.
  virtual void make_folder(const std::filesystem::path& folder, bool sync) = 0;
  /// A file, in the place of the one that has the name already, or a folder.
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// A file, or a folder with all that is in it; none: nothing to do.
  virtual void remove(const std::filesystem::path& what) = 0;
  /// Waits until the disk has the folder's entries, as far as it can.
  virtual void sync_folder(const std::filesystem::path& folder) = 0;
};

/// The machine's.
[[nodiscard]] const std::shared_ptr<disk>& real_disk();

/// No file at all: bytes in memory with the same manners.
[[nodiscard]] std::unique_ptr<log_file> file_in_memory(std::size_t room);

}  // namespace corka::kafka::embedded
