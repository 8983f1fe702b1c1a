// Rows of a table partition in key order, with what the store does not have yet.
#pragma once

#include "store/store.hpp"
#include "table/overlay.hpp"
#include "table/row_pages.hpp"

#include <corka/key_range.hpp>

#include <functional>
#include <string_view>

namespace corka::tables {

/// Calls `visit(key, value)` for rows of the range: the overlay's unsaved ones in place of the store's. True: there are
/// more. On the overlay's strand.
bool rows_over(const overlay& unsaved, const store::table_store& saved, const key_range& which, page_limit limit,
               const std::function<void(std::string_view key, std::string_view value)>& visit);

}  // namespace corka::tables
