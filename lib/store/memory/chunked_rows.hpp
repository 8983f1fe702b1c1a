// Sorted rows in shared pieces, so that a copy for readers costs little.
#pragma once

#include "store/store.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corka::store::memory {

/// An ordered map of keys to values whose copies share everything that neither of them changes afterwards.
///
/// Threads: distinct objects are safe, also where one is a copy of the other, provided that objects are copied, changed
/// and destroyed under one mutex (share counts decide what may be changed in place); reading needs none.
class chunked_rows {
 public:
  void apply(std::span<const change> changes);
  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const;
  void range(std::string_view from, std::optional<std::string_view> to, bool reverse, const row_visitor& visit) const;

  [[nodiscard]] std::size_t size() const noexcept { return rows_; }
  /// Of keys and values.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct row {
    std::string key;
    std::string value;
  };
  using chunk = std::vector<row>;  ///< sorted, never empty
  struct place {
    std::size_t chunk;
    std::size_t row;
  };

  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  /// The chunk that has or would have `key`; 0 where there are none.
  [[nodiscard]] std::size_t chunk_of(std::string_view key) const;
  /// The first row at or above `key`; {chunk count, 0} where there is none.
  [[nodiscard]] place lower_bound(std::string_view key) const;
  chunk& own(std::size_t i);

  std::vector<std::shared_ptr<chunk>> chunks_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace corka::store::memory
