// What stands behind a chunk that several long keys may share.
#pragma once

#include "store/lmdb/entry_key.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace corka::store::lmdb {

/// The only row there: the rest of its key, and its value.
struct lone_row {
  std::string_view rest;
  std::string_view value;
};

using link_target = std::variant<lone_row, node_id>;

[[nodiscard]] std::string encode(const link_target& target);
/// Nothing where the bytes are none.
[[nodiscard]] std::optional<link_target> decode_link(std::string_view bytes);

}  // namespace corka::store::lmdb
