// Whether files that were written without fsync can be believed.
#pragma once

#include <filesystem>
#include <string>

namespace corka::store {

/// A small synced file beside data that is not synced: on which boot of the machine the data was last written, and
/// whether everything has been synced since.
///
/// What a process wrote survives its death in the page cache, so data of the same boot is whole however the process
/// ended. Data of another boot is whole only if it was synced before. Threads: one at a time. Errors:
/// error{errc::store_failed}.
class boot_mark {
 public:
  /// `boot` identifies this boot: empty where the machine does not tell, then only synced data is believed.
  boot_mark(std::filesystem::path file, std::string boot);

  /// Empty: data beside the mark can be believed. Else why not.
  [[nodiscard]] const std::string& doubt() const noexcept { return doubt_; }
  /// The data was written on another boot than this, or nobody knows.
  [[nodiscard]] bool other_boot() const noexcept { return other_boot_; }

  /// There may be data that is not on disk yet.
  [[nodiscard]] bool is_dirty() const noexcept { return dirty_; }

  /// Data is about to be written. Syncs the mark the first time, and the first time after `synced`.
  void writing();
  /// All data written so far is on disk.
  void synced();

  /// This boot of this machine; empty where it does not tell.
  [[nodiscard]] static std::string this_boot();

 private:
  void write(bool clean);

  std::filesystem::path file_;
  std::string boot_;
  std::string doubt_;
  bool other_boot_ = true;
  bool dirty_ = false;
};

}  // namespace corka::store
