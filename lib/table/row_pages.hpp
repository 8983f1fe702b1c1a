// Rows of several partitions in the order of their keys, a page at a time.
#pragma once

#include "store/store.hpp"

#include <corka/key_range.hpp>
#include <corka/partitioner.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace corka::tables {

/// How much to read at once; whichever comes first. At least one row is read, however large.
struct page_limit {
  std::size_t rows = 1'000;
  std::size_t bytes = std::size_t{1} << 20U;
};

/// Calls `visit(key, value)` for rows of all partitions, merged, until the range or the limit is reached. Where several
/// partitions have a row of one key (a topic that has grown), that of the key's own partition counts, else the first.
/// True: there are more.
bool merged_rows(std::span<const std::unique_ptr<store::snapshot>> partitions, partitioner by, const key_range& which,
                 page_limit limit, const std::function<void(std::string_view key, std::string_view value)>& visit);

}  // namespace corka::tables
