// A store of the program's own: local copies in a plain file each, read into memory when they are opened.
#pragma once

#include <corka/store.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>

/// The file is a log: each `apply` appends one frame with a checksum, opening reads the frames that are whole. A frame
/// that was cut off by a crash is not there, so rows and checkpoint are always those of the last whole one. Rows are in
/// memory as well, so this is for tables that fit there.
class file_store_factory final : public corka::store::store_factory {
 public:
  [[nodiscard]] corka::store::opened open(const std::filesystem::path& folder) override;
  [[nodiscard]] std::string_view kind() const noexcept override { return "file"; }

 private:
  struct open_folders {
    std::mutex guard;
    std::set<std::filesystem::path> paths;
  };
  class file_store;

  std::shared_ptr<open_folders> open_ = std::make_shared<open_folders>();
};
