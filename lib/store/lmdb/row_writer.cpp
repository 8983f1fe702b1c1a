#include "store/lmdb/row_writer.hpp"

#include "store/lmdb/failure.hpp"

#include <string>
#include <utility>
#include <vector>

namespace corka::store::lmdb {

row_writer::row_writer(MDB_txn* txn, MDB_dbi rows, node_counters& nodes, const std::filesystem::path& folder)
    : txn_{txn}, rows_{rows}, nodes_{nodes}, folder_{folder} {
  check(mdb_cursor_open(txn_, rows_, &cursor_), folder_, "writing");
}

// A cursor of a writing transaction has to be closed before the transaction ends.
row_writer::~row_writer() { mdb_cursor_close(cursor_); }

void row_writer::apply(std::span<const change> changes) {
  if (changes.empty()) return;
  // Rows behind all others fill their pages and need no search: a recovery into an empty store.
  appending_ = comes_after_all(changes.front().key);
  for (const auto& c : changes) {
    if (!c.erase) {
      put(c.key, c.value);
    } else if (!appending_) {
      erase(c.key);
    }
  }
}

bool row_writer::comes_after_all(std::string_view key) {
  if (key.size() > chunk_bytes) return false;
  MDB_val last;
  MDB_val value;
  const int code = mdb_cursor_get(cursor_, &last, &value, MDB_LAST);
  if (code == MDB_NOTFOUND) return true;
  check(code, folder_, "writing");
  const auto in_root = entry_key::within(root_node, last);
  return !in_root || *in_root < key;
}

void row_writer::put(std::string_view key, std::string_view value) {
  if (key.size() > chunk_bytes) {
    put_long(key, value);
    return;
  }
  auto where = entry_key{root_node}.row(key);
  auto k = where.val();
  auto v = as_val(value);
  check(mdb_cursor_put(cursor_, &k, &v, appending_ ? MDB_APPEND : 0), folder_, "writing");
}

std::optional<link_target> row_writer::follow(node_id node, std::string_view key) {
  auto where = entry_key{node}.link(key);
  auto k = where.val();
  MDB_val bytes;
  const int code = mdb_get(txn_, rows_, &k, &bytes);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, folder_, "writing");
  const auto target = decode_link(as_view(bytes));
  if (!target) fail(MDB_CORRUPTED, folder_, "reading a long key");
  return target;
}

void row_writer::put_long(std::string_view key, std::string_view value) {
  node_id node = root_node;
  while (key.size() > chunk_bytes) {
    const auto target = follow(node, key);
    const auto rest = key.substr(chunk_bytes);
    if (const auto* next = target ? std::get_if<node_id>(&*target) : nullptr) {
      node = *next;
      key = rest;
      continue;
    }
    const auto* other = target ? std::get_if<lone_row>(&*target) : nullptr;
    if (other == nullptr || other->rest == rest) {
      put_entry(entry_key{node}.link(key), encode(lone_row{rest, value}));
      return;
    }
    // A second key with this chunk: both go into a node of their own. Copied, since writing moves pages.
    const std::string other_rest{other->rest};
    const std::string other_value{other->value};
    const node_id made = nodes_.next_id++;
    nodes_.alive += 1;
    put_entry(entry_key{node}.link(key), encode(made));
    put_first(made, other_rest, other_value);
    node = made;
    key = rest;
  }
  put_entry(entry_key{node}.row(key), value);
}

void row_writer::put_first(node_id node, std::string_view key, std::string_view value) {
  if (key.size() <= chunk_bytes) {
    put_entry(entry_key{node}.row(key), value);
  } else {
    put_entry(entry_key{node}.link(key), encode(lone_row{key.substr(chunk_bytes), value}));
  }
}

void row_writer::erase(std::string_view key) {
  std::vector<std::pair<node_id, std::string_view>> way;
  node_id node = root_node;
  while (key.size() > chunk_bytes) {
    const auto target = follow(node, key);
    if (!target) return;
    const auto rest = key.substr(chunk_bytes);
    if (const auto* row = std::get_if<lone_row>(&*target)) {
      if (row->rest != rest) return;
      break;
    }
    way.emplace_back(node, key);
    node = std::get<node_id>(*target);
    key = rest;
  }
  const bool erased = erase_entry(key.size() > chunk_bytes ? entry_key{node}.link(key) : entry_key{node}.row(key));
  if (!erased) return;
  // Nodes go with their last row.
  while (node != root_node && is_empty(node)) {
    const auto [above, rest] = way.back();
    way.pop_back();
    erase_entry(entry_key{above}.link(rest));
    nodes_.alive -= 1;
    node = above;
  }
}

void row_writer::put_entry(entry_key key, std::string_view bytes) {
  auto k = key.val();
  auto v = as_val(bytes);
  check(mdb_put(txn_, rows_, &k, &v, 0), folder_, "writing");
}

bool row_writer::erase_entry(entry_key key) {
  auto k = key.val();
  const int code = mdb_del(txn_, rows_, &k, nullptr);
  if (code == MDB_NOTFOUND) return false;
  check(code, folder_, "writing");
  return true;
}

bool row_writer::is_empty(node_id node) {
  entry_key first{node};
  auto key = first.val();
  MDB_val value;
  const int code = mdb_cursor_get(cursor_, &key, &value, MDB_SET_RANGE);
  if (code == MDB_NOTFOUND) return true;
  check(code, folder_, "writing");
  return !entry_key::within(node, key);
}

}  // namespace corka::store::lmdb
