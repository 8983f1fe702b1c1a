// The local copies of one instance, and what may happen to them behind its back.
#pragma once

#include "store/store.hpp"

#include <filesystem>
#include <memory>
#include <set>

namespace corka::tester_parts {

enum class copies { memory, lmdb };

/// Keeps them over the lives of an instance. Threads: one. Errors: as those of its kind.
class kept_copies final : public store::store_factory {
 public:
  explicit kept_copies(copies kind);

  [[nodiscard]] store::opened open(const std::filesystem::path& folder) override;
  [[nodiscard]] std::string_view kind() const noexcept override { return of_->kind(); }

  // While none is open.
  /// As if the disk had been replaced.
  void lose();
  /// Files are cut short, as by a crash of the machine; in memory there is only the finding.
  void corrupt();

 private:
  copies kind_;
  std::shared_ptr<store::store_factory> of_;
  std::set<std::filesystem::path> known_;
  std::set<std::filesystem::path> corrupted_;  // of those in memory
};

}  // namespace corka::tester_parts
