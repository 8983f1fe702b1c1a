#include "store/lmdb/row_reader.hpp"

#include "store/lmdb/failure.hpp"
#include "store/lmdb/link.hpp"

#include <memory>
#include <variant>

namespace corka::store::lmdb {

namespace {

struct close_cursor {
  void operator()(MDB_cursor* c) const noexcept { mdb_cursor_close(c); }
};
using cursor = std::unique_ptr<MDB_cursor, close_cursor>;

}  // namespace

std::optional<std::string_view> row_reader::entry(entry_key key) const {
  auto k = key.val();
  MDB_val value;
  const int code = mdb_get(txn_, rows_, &k, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, folder_, "reading");
  return as_view(value);
}

std::optional<std::string_view> row_reader::get(std::string_view key) const {
  node_id node = root_node;
  while (key.size() > chunk_bytes) {
    const auto bytes = entry(entry_key{node}.link(key));
    if (!bytes) return std::nullopt;
    const auto target = decode_link(*bytes);
    if (!target) fail(MDB_CORRUPTED, folder_, "reading a long key");
    key.remove_prefix(chunk_bytes);
    if (const auto* row = std::get_if<lone_row>(&*target)) {
      if (row->rest != key) return std::nullopt;
      return row->value;
    }
    node = std::get<node_id>(*target);
  }
  return entry(entry_key{node}.row(key));
}

void row_reader::range(std::string_view from, std::optional<std::string_view> to, bool reverse,
                       const row_visitor& visit) const {
  if (to && *to <= from) return;
  std::string before;
  scan(root_node, before, {from, to}, reverse, visit);
}

// Visits the rows of a node. `before` is the common beginning of their keys; bounds are for what follows it. False:
// enough.
bool row_reader::scan(node_id node, std::string& before, const bounds& within, bool reverse,
                      const row_visitor& visit) const {
  MDB_cursor* opened = nullptr;
  check(mdb_cursor_open(txn_, rows_, &opened), folder_, "reading");
  const cursor at{opened};

  // The start: at or after `from`; or, backwards, before `to`, where a link at `to` has rows on both sides of it.
  entry_key start{node};
  const auto edge = [&start](std::string_view key) { key.size() > chunk_bytes ? start.link(key) : start.row(key); };
  if (!reverse) {
    edge(within.from);
  } else if (within.to) {
    edge(*within.to);
  } else {
    start = entry_key::after(node);
  }
  MDB_val key = start.val();
  MDB_val value;
  const MDB_val wanted = key;
  int code = mdb_cursor_get(opened, &key, &value, MDB_SET_RANGE);
  if (reverse) {
    const bool at_link = code == 0 && within.to && within.to->size() > chunk_bytes && as_view(key) == as_view(wanted);
    if (code == MDB_NOTFOUND) {
      code = mdb_cursor_get(opened, &key, &value, MDB_LAST);
    } else if (code == 0 && !at_link) {
      code = mdb_cursor_get(opened, &key, &value, MDB_PREV);
    }
  }

  for (; code == 0; code = mdb_cursor_get(opened, &key, &value, reverse ? MDB_PREV : MDB_NEXT)) {
    const auto rest = entry_key::within(node, key);
    if (!rest) return true;
    if (entry_key::is_link(*rest)) {
      const auto chunk = rest->substr(0, chunk_bytes);
      // Longer keys than the chunk: beyond a bound that the chunk reaches.
      if (!reverse && within.to && within.to->size() <= chunk_bytes && chunk >= *within.to) return true;
      if (!reverse && within.to && chunk > within.to->substr(0, chunk_bytes)) return true;
      if (reverse && chunk < within.from.substr(0, chunk_bytes)) return true;
      if (!scan_link(node, chunk, as_view(value), before, within, reverse, visit)) return false;
      continue;
    }
    if (!reverse && within.to && *rest >= *within.to) return true;
    if (reverse && *rest < within.from) return true;
    if (before.empty()) {
      if (!visit(*rest, as_view(value))) return false;
    } else {
      const auto shared = before.size();
      before += *rest;
      const bool more = visit(before, as_view(value));
      before.resize(shared);
      if (!more) return false;
    }
  }
  if (code != MDB_NOTFOUND) check(code, folder_, "reading");
  return true;
}

bool row_reader::scan_link(node_id of, std::string_view chunk, std::string_view bytes, std::string& before,
                           const bounds& within, bool reverse, const row_visitor& visit) const {
  const auto target = decode_link(bytes);
  if (!target) fail(MDB_CORRUPTED, folder_, "reading a long key");
  bounds inner;
  if (within.from.size() > chunk_bytes && within.from.substr(0, chunk_bytes) == chunk) {
    inner.from = within.from.substr(chunk_bytes);
  }
  if (within.to && within.to->size() > chunk_bytes && within.to->substr(0, chunk_bytes) == chunk) {
    inner.to = within.to->substr(chunk_bytes);
  }
  const auto shared = before.size();
  before += chunk;
  bool more = true;
  if (const auto* row = std::get_if<lone_row>(&*target)) {
    if (row->rest >= inner.from && (!inner.to || row->rest < *inner.to)) {
      before += row->rest;
      more = visit(before, row->value);
    }
  } else {
    const auto node = std::get<node_id>(*target);
    // A node is made after the one that links to it; without looking, a damaged link could lead round in a circle.
    if (node <= of) fail(MDB_CORRUPTED, folder_, "reading a long key");
    more = scan(node, before, inner, reverse, visit);
  }
  before.resize(shared);
  return more;
}

}  // namespace corka::store::lmdb
