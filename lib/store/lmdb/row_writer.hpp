// Changes rows in a writing transaction.
#pragma once

#include "store/lmdb/entry_key.hpp"
#include "store/lmdb/link.hpp"
#include "store/lmdb/meta.hpp"
#include "store/store.hpp"

#include <lmdb.h>
#include <filesystem>
#include <span>
#include <string_view>

namespace corka::store::lmdb {

/// Life: no longer than the transaction. Errors: map_full, error{errc::store_failed}; the transaction is then aborted.
class row_writer {
 public:
  /// `nodes` is read and changed; the caller keeps it with the rows.
  row_writer(MDB_txn* txn, MDB_dbi rows, node_counters& nodes, const std::filesystem::path& folder);
  row_writer(const row_writer&) = delete;
  row_writer& operator=(const row_writer&) = delete;
  ~row_writer();

  /// `changes` are sorted by key, each key once.
  void apply(std::span<const change> changes);

 private:
  void put(std::string_view key, std::string_view value);
  void put_long(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  /// Puts a row into a node that is known not to have it, nor a link for its chunk.
  void put_first(node_id node, std::string_view key, std::string_view value);
  void put_entry(entry_key key, std::string_view bytes);
  bool erase_entry(entry_key key);
  [[nodiscard]] std::optional<link_target> follow(node_id node, std::string_view key);
  [[nodiscard]] bool is_empty(node_id node);
  [[nodiscard]] bool comes_after_all(std::string_view key);

  MDB_txn* txn_;
  MDB_dbi rows_;
  node_counters& nodes_;
  const std::filesystem::path& folder_;
  MDB_cursor* cursor_ = nullptr;
  bool appending_ = false;
};

}  // namespace corka::store::lmdb
