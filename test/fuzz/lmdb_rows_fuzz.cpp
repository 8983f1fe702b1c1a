// Rows in LMDB: what stands in a file decodes to what was encoded, or is refused; and a store whose keys meet each
// other is a map.
#include "fuzz/fuzzing.hpp"

#include "store/lmdb/entry_key.hpp"
#include "store/lmdb/link.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "store/lmdb/meta.hpp"
#include "support/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace corka;
using fuzz::require;
namespace lmdb = store::lmdb;

namespace {

void check_link(std::string_view bytes) {
  const auto target = lmdb::decode_link(bytes);
  if (target) require(lmdb::encode(*target) == bytes);
}

void check_meta(std::string_view bytes) {
  std::string why;
  const auto m = lmdb::decode_meta(bytes, why);
  require(m.has_value() == why.empty());
  if (!m) return;
  const auto again = lmdb::decode_meta(lmdb::encode(*m), why);
  require(again && again->of == m->of && again->at == m->at);
  require(again->nodes.next_id == m->nodes.next_id && again->nodes.alive == m->nodes.alive);
}

/// LMDB's order of entries within a node is the order of their keys.
void check_order(std::string_view a, std::string_view b) {
  a = a.substr(0, lmdb::chunk_bytes);
  b = b.substr(0, lmdb::chunk_bytes);
  for (const lmdb::node_id node : {lmdb::root_node, lmdb::node_id{7}}) {
    lmdb::entry_key one{node};
    lmdb::entry_key other{node};
    one.row(a);
    other.row(b);
    require((lmdb::as_view(one.val()) < lmdb::as_view(other.val())) == (a < b));
    require(lmdb::entry_key::within(node, one.val()) == a);
    require(!lmdb::entry_key::is_link(a));
  }
}

/// Few letters and lengths around the chunks of long keys, so that keys share beginnings.
std::string key_of(fuzz::input& from) {
  static constexpr std::size_t lengths[]{0, 1, 2, 499, 500, 501, 1000, 1001, 1501};
  const auto kind = from.byte();
  std::string key(lengths[kind % std::size(lengths)], 'p');
  if (!key.empty()) key.back() = "\0ap\xff"[kind / 64];
  const auto where = from.byte();
  if (key.size() > 1 && (where & 1U) != 0) key[where * (key.size() - 1) / 256] = 'x';
  return key;
}

using model = std::map<std::string, std::string>;

std::vector<std::pair<std::string, std::string>> range(const store::snapshot& in, std::string_view from,
                                                       std::optional<std::string_view> to, bool reverse) {
  std::vector<std::pair<std::string, std::string>> found;
  in.range(from, to, reverse, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  });
  return found;
}

void check_same(const store::table_store& s, const model& m, std::string from, std::string to) {
  const auto in = s.read();
  using rows = std::vector<std::pair<std::string, std::string>>;
  require(s.stats().rows == m.size());
  require(range(*in, {}, {}, false) == rows{m.begin(), m.end()});
  require(range(*in, {}, {}, true) == rows{m.rbegin(), m.rend()});
  if (to < from) std::swap(from, to);
  const rows between{m.lower_bound(from), m.lower_bound(to)};
  require(range(*in, from, to, false) == between);
  require(range(*in, from, to, true) == rows{between.rbegin(), between.rend()});
  for (const auto& key : {from, to}) {
    const auto row = m.find(key);
    const auto found = in->get(key);
    require(found.has_value() == (row != m.end()));
    if (found) require(*found == row->second);
  }
}

void play(fuzz::input from) {
  static const test::temporary_folder folder{test::in_memory()};
  static lmdb::lmdb_factory factory{{.map_bytes = std::size_t{64} << 20U, .boot = "one"}};
  static auto opened = factory.open(folder.path());
  auto& s = *opened.store;
  s.clear();
  const store::identity of{"t", "id", 1, "text"};
  model m;
  for (std::int64_t at = 1; !from.empty() && at < 64; ++at) {
    const auto kind = from.byte();
    std::map<std::string, std::optional<std::string>> batch;
    for (unsigned n = kind % 4U + 1; n > 0; --n) {
      auto key = key_of(from);
      const auto size = from.byte();
      batch[std::move(key)] = size % 3 == 0 ? std::nullopt : std::optional{std::string(size * 8U, 'v')};
    }
    std::vector<store::change> changes;
    for (const auto& [key, value] : batch) {
      changes.push_back({key, value ? std::string_view{*value} : std::string_view{}, !value});
      if (value) m[key] = *value;
      else m.erase(key);
    }
    store::checkpoint reached;
    reached.changelog = offset{at};
    s.apply(changes, of, reached);
    require(s.last_checkpoint() && s.last_checkpoint()->changelog == offset{at});
    if (kind >= 128) check_same(s, m, key_of(from), key_of(from));
  }
  check_same(s, m, "", "p");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check_link(bytes);
  check_meta(bytes);
  check_order(bytes.substr(0, size / 2), bytes.substr(size / 2));
  play({data, size});
  return 0;
}
