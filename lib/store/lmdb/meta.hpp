// What a store keeps about itself, in one entry beside the rows.
#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace corka::store::lmdb {

/// Bumped when a store of today could not be read by yesterday's corka.
inline constexpr std::uint8_t format_version = 1;

/// Counters of the nodes that hold long keys (row_tree).
struct node_counters {
  std::uint64_t next_id = 1;
  std::uint64_t alive = 0;
};

struct meta {
  identity of;
  checkpoint at;
  node_counters nodes;
};

[[nodiscard]] std::string encode(const meta& m);

/// @param why gets what is wrong where nothing is returned.
[[nodiscard]] std::optional<meta> decode_meta(std::string_view bytes, std::string& why);

}  // namespace corka::store::lmdb
