// How keys of any length become LMDB keys of at most 511 bytes, in the same order. FORMAT.md has the picture.
#pragma once

#include <lmdb.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace corka::store::lmdb {

/// Number of a node of the tree of long keys; the root has all keys that are not longer than a chunk.
using node_id = std::uint64_t;
inline constexpr node_id root_node = 0;
inline constexpr std::size_t chunk_bytes = 500;

inline MDB_val as_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
inline std::string_view as_view(const MDB_val& v) { return {static_cast<const char*>(v.mv_data), v.mv_size}; }

/// The key of one LMDB entry, built in place.
class entry_key {
 public:
  /// Of the meta record, which comes before everything else.
  static entry_key of_meta() {
    entry_key k;
    k.bytes_[0] = meta_tag;
    k.size_ = 1;
    return k;
  }
  /// Before the first entry of `node`.
  explicit entry_key(node_id node) {
    if (node == root_node) {
      bytes_[0] = root_tag;
      prefix_ = 1;
    } else {
      bytes_[0] = node_tag;
      for (std::size_t i = 0; i < 8; ++i) bytes_[1 + i] = static_cast<char>(node >> (56 - 8 * i) & 0xFFU);
      prefix_ = 9;
    }
    size_ = prefix_;
  }

  /// After the last entry of `node`.
  static entry_key after(node_id node) {
    if (node != root_node) return entry_key{node + 1};
    entry_key k;
    k.bytes_[0] = root_tag + 1;
    k.size_ = 1;
    return k;
  }

  /// The row whose key ends in this node with `rest`, at most chunk_bytes long.
  entry_key& row(std::string_view rest) {
    std::copy(rest.begin(), rest.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(prefix_));
    size_ = prefix_ + rest.size();
    return *this;
  }
  /// The link to all longer keys that go on with the chunk at the front of `rest`.
  entry_key& link(std::string_view rest) {
    row(rest.substr(0, chunk_bytes));
    bytes_[size_++] = link_mark;
    return *this;
  }

  [[nodiscard]] MDB_val val() { return {size_, bytes_.data()}; }

  /// What follows the node's prefix in `key`; nothing if that is not an entry of `node`.
  [[nodiscard]] static std::optional<std::string_view> within(node_id node, const MDB_val& key) {
    const entry_key first{node};
    const auto bytes = as_view(key);
    const std::string_view prefix{first.bytes_.data(), first.prefix_};
    if (bytes.substr(0, prefix.size()) != prefix) return std::nullopt;
    return bytes.substr(prefix.size());
  }
  [[nodiscard]] static bool is_link(std::string_view within_node) { return within_node.size() > chunk_bytes; }

 private:
  entry_key() = default;

  static constexpr char meta_tag = 0;
  static constexpr char node_tag = 1;
  static constexpr char root_tag = 2;  // last: appending rows in order appends to the file
  static constexpr char link_mark = 0;

  std::array<char, 1 + 8 + chunk_bytes + 1> bytes_;
  std::size_t prefix_ = 0;
  std::size_t size_ = 0;
};

}  // namespace corka::store::lmdb
