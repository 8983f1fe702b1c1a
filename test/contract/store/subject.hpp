// The stores that the contract is for, and how tests read and write them.
#pragma once

#include "own_store/file_store.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

struct on_lmdb {
  using factory = store::lmdb::lmdb_factory;
  static factory make() { return factory{}; }
};
/// Starts with so little address space that it has to grow on the way.
struct on_small_lmdb {
  using factory = store::lmdb::lmdb_factory;
  static factory make() { return factory{{.map_bytes = 1 << 20}}; }
};
struct on_memory {
  using factory = store::memory::memory_factory;
  static factory make() { return factory{}; }
};

/// As programs bring their own; of apps/.
struct on_file {
  using factory = file_store_factory;
  static factory make() { return factory{}; }
};

/// A store in a folder of its own, which can be closed, dropped and opened again.
template <class On>
struct subject {
  temporary_folder folder;
  typename On::factory factory = On::make();
  std::unique_ptr<store::table_store> store;
  std::string why_dropped;

  subject() { open(); }
  void open() {
    auto opened = factory.open(folder / "table");
    store = std::move(opened.store);
    why_dropped = opened.why_dropped;
  }
  /// Closes, if asked to, and opens again.
  void reopen(bool close_before) {
    if (close_before) store->close();
    store.reset();
    open();
  }
};

using rows = std::vector<std::pair<std::string, std::string>>;
/// Nothing instead of a value erases.
using changes = std::map<std::string, std::optional<std::string>>;

inline const store::identity users{"users-table", "id-1", 3, "json"};

inline store::checkpoint at(std::int64_t changelog) {
  store::checkpoint c;
  c.changelog = offset{changelog};
  return c;
}

inline void write(store::table_store& to, const changes& what, const store::checkpoint& reached = at(1),
                  const store::identity& of = users) {
  std::vector<store::change> list;
  for (const auto& [key, value] : what) list.push_back({key, value ? std::string_view{*value} : "", !value});
  to.apply(list, of, reached);
}

inline rows range(const store::snapshot& in, std::string_view from = {}, std::optional<std::string_view> to = {},
                  bool reverse = false) {
  rows found;
  in.range(from, to, reverse, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  });
  return found;
}

inline rows all(const store::table_store& in) {
  const auto snapshot = in.read();
  return range(*snapshot);
}

inline std::map<std::string, std::string> get(const store::table_store& in,
                                              const std::vector<std::string>& sorted_keys) {
  const std::vector<std::string_view> keys{sorted_keys.begin(), sorted_keys.end()};
  std::map<std::string, std::string> found;
  in.get(keys, [&](std::size_t i, std::string_view value) { found[sorted_keys[i]] = value; });
  return found;
}

}  // namespace corka::test

TYPE_TO_STRING_AS("lmdb", corka::test::on_lmdb);
TYPE_TO_STRING_AS("lmdb, small map", corka::test::on_small_lmdb);
TYPE_TO_STRING_AS("memory", corka::test::on_memory);
TYPE_TO_STRING_AS("a program's own", corka::test::on_file);
#define CORKA_STORES corka::test::on_lmdb, corka::test::on_small_lmdb, corka::test::on_memory, corka::test::on_file
