// Tables in memory: for tests, and for tables that are cheaper to recover than to keep on disk.
#pragma once

#include "store/store.hpp"

#include <filesystem>
#include <memory>

namespace corka::store::memory {

/// Makes stores whose rows live as long as the factory: opening a folder again finds what was written there before.
///
/// Nothing is written to disk; the folder is only a name. Threads: safe. Errors: error{errc::store_in_use} where a
/// folder is opened that is open already.
class memory_factory final : public store_factory {
 public:
  memory_factory();
  ~memory_factory() override;

  [[nodiscard]] opened open(const std::filesystem::path& folder) override;
  [[nodiscard]] std::string_view kind() const noexcept override { return "memory"; }

  /// As if the folder were deleted; it is not open.
  void forget(const std::filesystem::path& folder);
  void forget_all();

 private:
  struct shelf;
  std::shared_ptr<shelf> shelf_;
};

}  // namespace corka::store::memory
