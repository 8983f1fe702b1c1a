// Tables on disk, in LMDB. FORMAT.md says what is in the files.
#pragma once

#include "store/boot_mark.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace corka::store::lmdb {

struct lmdb_options {
  /// Address space of one store, not disk space. It grows by doubling, and starts smaller where the process may not
  /// have as much (ulimit -v). Growing waits until nobody holds a snapshot.
  std::size_t map_bytes = std::size_t{16} << 30U;
  /// Which boot of the machine this is; another one means that unsynced files may have lost writes.
  std::string boot = boot_mark::this_boot();
};

/// Makes stores of one LMDB environment per folder, without syncs until they are closed.
///
/// Threads: safe. Errors: error{errc::store_failed}; error{errc::store_in_use} where the folder is open already in this
/// process. Other processes are kept out by state_directory.
class lmdb_factory final : public store_factory {
 public:
  explicit lmdb_factory(lmdb_options options = {});

  [[nodiscard]] opened open(const std::filesystem::path& folder) override;
  [[nodiscard]] std::string_view kind() const noexcept override { return "lmdb"; }

 private:
  lmdb_options options_;
};

}  // namespace corka::store::lmdb
