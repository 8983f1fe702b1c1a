// Finds rows in a reading transaction.
#pragma once

#include "store/lmdb/entry_key.hpp"
#include "store/store.hpp"

#include <lmdb.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace corka::store::lmdb {

/// Life: no longer than the transaction. Errors: error{errc::store_failed}.
class row_reader {
 public:
  row_reader(MDB_txn* txn, MDB_dbi rows, const std::filesystem::path& folder)
      : txn_{txn}, rows_{rows}, folder_{folder} {}

  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const;
  void range(std::string_view from, std::optional<std::string_view> to, bool reverse, const row_visitor& visit) const;

 private:
  struct bounds {
    std::string_view from;
    std::optional<std::string_view> to;
  };
  [[nodiscard]] std::optional<std::string_view> entry(entry_key key) const;
  bool scan(node_id node, std::string& before, const bounds& within, bool reverse, const row_visitor& visit) const;
  bool scan_link(node_id of, std::string_view chunk, std::string_view bytes, std::string& before, const bounds& within,
                 bool reverse, const row_visitor& visit) const;

  MDB_txn* txn_;
  MDB_dbi rows_;
  const std::filesystem::path& folder_;
};

}  // namespace corka::store::lmdb
