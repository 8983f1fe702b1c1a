// A table partition in one LMDB environment.
#pragma once

#include "store/boot_mark.hpp"
#include "store/lmdb/environment.hpp"
#include "store/lmdb/meta.hpp"
#include "store/lmdb/reservation.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace corka::store::lmdb {

/// See table_store and FORMAT.md. Opened by lmdb_factory, which has looked at the files.
class lmdb_store final : public table_store {
 public:
  lmdb_store(reservation folder, std::size_t map_bytes, boot_mark mark);
  ~lmdb_store() override;

  /// Empty, or why these rows are not of a table of this version of corka.
  [[nodiscard]] const std::string& what_is_foreign() const noexcept { return foreign_; }

  [[nodiscard]] std::optional<identity> is_copy_of() const override;
  [[nodiscard]] std::optional<checkpoint> last_checkpoint() const override;
  void apply(std::span<const change> changes, const identity& of, const checkpoint& at) override;
  void clear() override;
  void get(std::span<const std::string_view> sorted_keys,
           const std::function<void(std::size_t i, std::string_view value)>& found) const override;
  [[nodiscard]] std::unique_ptr<snapshot> read() const override;
  [[nodiscard]] store_stats stats() const override;
  void close() override;

 private:
  [[nodiscard]] std::shared_ptr<environment> opened() const;
  bool start_anew();
  void reopen(std::shared_ptr<environment>& env);

  std::filesystem::path folder_;
  std::size_t map_bytes_;
  std::string foreign_;
  boot_mark mark_;                // the writer's
  std::uint64_t kept_pages_ = 0;  // the writer's
  mutable std::mutex guard_;      // of what follows
  std::shared_ptr<environment> env_;
  std::optional<meta> meta_;
};

}  // namespace corka::store::lmdb
