// A table partition in memory.
#pragma once

#include "store/memory/chunked_rows.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

namespace corka::store::memory {

/// What a folder holds, kept over closing and opening.
struct contents {
  std::mutex guard;
  /// Shared with snapshots; replaced rather than changed while there are any.
  std::shared_ptr<chunked_rows> rows = std::make_shared<chunked_rows>();
  std::optional<identity> of;
  std::optional<checkpoint> at;
};

/// Readers share the rows and then need no lock; a writer that finds rows shared changes a copy, which shares what
/// stays the same.
class memory_store final : public table_store {
 public:
  memory_store(std::shared_ptr<contents> kept, std::filesystem::path folder, std::function<void()> on_close);
  ~memory_store() override;

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
  /// @throws error{errc::store_failed} once closed.
  [[nodiscard]] const std::shared_ptr<contents>& kept() const;

  std::shared_ptr<contents> kept_;
  std::filesystem::path folder_;
  std::function<void()> on_close_;
};

}  // namespace corka::store::memory
