// A folder that this process uses once.
#pragma once

#include <filesystem>
#include <memory>

namespace corka::store::lmdb {

/// Keeps a folder from being opened twice in one process, which would break LMDB's file locks.
///
/// Life: the folder is free again when the last copy is gone. Threads: safe. Errors: error{errc::store_in_use}.
class reservation {
 public:
  explicit reservation(std::filesystem::path folder);
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return *folder_; }

 private:
  std::shared_ptr<const std::filesystem::path> folder_;
};

}  // namespace corka::store::lmdb
