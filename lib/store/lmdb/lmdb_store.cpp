#include "store/lmdb/lmdb_store.hpp"

#include "store/lmdb/entry_key.hpp"
#include "store/lmdb/failure.hpp"
#include "store/lmdb/row_reader.hpp"
#include "store/lmdb/row_writer.hpp"

#include <corka/error.hpp>

#include <algorithm>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <utility>

namespace corka::store::lmdb {

namespace {

/// 32 MiB: what checkpoints may keep, for they come again.
constexpr std::uint64_t most_kept_pages = 8192;
/// 2 MiB, after a batch as large as those of recoveries: the next ones will be much smaller.
constexpr std::uint64_t most_kept_pages_after_bulk = 512;
constexpr std::size_t bulk_rows = 10'000;

class lmdb_snapshot final : public snapshot {
 public:
  explicit lmdb_snapshot(const std::shared_ptr<environment>& env)
      : at_{env, environment::stay::lasting}, rows_{at_.txn(), env->rows(), env->folder()} {}

  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const override { return rows_.get(key); }
  void range(std::string_view from, std::optional<std::string_view> to, bool reverse,
             const row_visitor& visit) const override {
    rows_.range(from, to, reverse, visit);
  }

 private:
  environment::reader at_;
  row_reader rows_;
};

std::optional<meta> read_meta(const environment& env, MDB_txn* txn, std::string& why) {
  auto where = entry_key::of_meta();
  auto key = where.val();
  MDB_val value;
  const int code = mdb_get(txn, env.rows(), &key, &value);
  if (code == 0) return decode_meta(as_view(value), why);
  if (code != MDB_NOTFOUND) fail(code, env.folder(), "reading");
  MDB_stat stat{};
  check(mdb_stat(txn, env.rows(), &stat), env.folder(), "reading");
  if (stat.ms_entries != 0) why = "it was not written by corka";
  return std::nullopt;
}

}  // namespace

lmdb_store::lmdb_store(reservation folder, std::size_t map_bytes, boot_mark mark)
    : folder_{folder.folder()},
      map_bytes_{map_bytes},
      mark_{std::move(mark)},
      env_{std::make_shared<environment>(std::move(folder), map_bytes_)} {
  const environment::reader at{env_};
  meta_ = read_meta(*env_, at.txn(), foreign_);
}

lmdb_store::~lmdb_store() = default;

std::shared_ptr<environment> lmdb_store::opened() const {
  const std::lock_guard lock{guard_};
  if (!env_) {
    throw error{errc::store_failed, "store in '" + folder_.string() + "' is closed: open it again before using it"};
  }
  return env_;
}

std::optional<identity> lmdb_store::is_copy_of() const {
  const std::lock_guard lock{guard_};
  return meta_ ? std::optional{meta_->of} : std::nullopt;
}

std::optional<checkpoint> lmdb_store::last_checkpoint() const {
  const std::lock_guard lock{guard_};
  return meta_ ? std::optional{meta_->at} : std::nullopt;
}

void lmdb_store::apply(std::span<const change> changes, const identity& of, const checkpoint& at) {
  auto env = opened();
  mark_.writing();
  meta next{of, at, {}};
  env->write([&](MDB_txn* txn) {
    next.nodes = meta_ ? meta_->nodes : node_counters{};
    {
      row_writer rows{txn, env->rows(), next.nodes, env->folder()};
      rows.apply(changes);
    }
    const auto bytes = encode(next);
    auto where = entry_key::of_meta();
    auto key = where.val();
    auto value = as_val(bytes);
    check(mdb_put(txn, env->rows(), &key, &value, 0), env->folder(), "writing");
  });
  const auto touched = std::min<std::uint64_t>(changes.size(), env->pages());
  kept_pages_ = std::max(kept_pages_, touched);
  const std::lock_guard lock{guard_};
  meta_ = std::move(next);
  if (kept_pages_ > (changes.size() < bulk_rows ? most_kept_pages : most_kept_pages_after_bulk)) reopen(env);
}

// LMDB keeps the memory of every page that a transaction ever touched until it is closed: after a recovery, that of the
// whole table. Not while somebody reads; a later batch tries again. `env` is the caller's hold of the environment.
void lmdb_store::reopen(std::shared_ptr<environment>& env) {
  env.reset();
  if (env_.use_count() != 1) return;
  auto still_ours = env_->reserved();
  env_.reset();
#ifdef __GLIBC__
  // Freed in pieces of a page, it would stay with this thread's arena.
  ::malloc_trim(0);
#endif
  env_ = std::make_shared<environment>(std::move(still_ours), map_bytes_);
  kept_pages_ = 0;
}

void lmdb_store::clear() {
  if (start_anew()) return;
  const auto env = opened();
  mark_.writing();
  env->write([&](MDB_txn* txn) { check(mdb_drop(txn, env->rows(), 0), env->folder(), "clearing"); });
  const std::lock_guard lock{guard_};
  meta_.reset();
}

// New files give the disk space back, which LMDB never does; but whoever reads has the old ones open.
bool lmdb_store::start_anew() {
  const std::lock_guard lock{guard_};
  if (!env_ || env_.use_count() != 1) return false;
  auto still_ours = env_->reserved();
  env_.reset();
  std::error_code failed;
  std::filesystem::remove(folder_ / "data.mdb", failed);
  if (!failed) meta_.reset();
  env_ = std::make_shared<environment>(std::move(still_ours), map_bytes_);
  return !failed;
}

void lmdb_store::get(std::span<const std::string_view> sorted_keys,
                     const std::function<void(std::size_t i, std::string_view value)>& found) const {
  const auto env = opened();
  const environment::reader at{env};
  const row_reader rows{at.txn(), env->rows(), env->folder()};
  for (std::size_t i = 0; i < sorted_keys.size(); ++i) {
    if (const auto value = rows.get(sorted_keys[i])) found(i, *value);
  }
}

std::unique_ptr<snapshot> lmdb_store::read() const { return std::make_unique<lmdb_snapshot>(opened()); }

store_stats lmdb_store::stats() const {
  const auto env = opened();
  const environment::reader at{env};
  MDB_stat stat{};
  check(mdb_stat(at.txn(), env->rows(), &stat), env->folder(), "reading");
  std::string why;
  const auto m = read_meta(*env, at.txn(), why);
  if (!m) return {};
  return {stat.ms_entries - 1 - m->nodes.alive,
          (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * std::uint64_t{stat.ms_psize},
          env->map_bytes(), env->unseen_by_oldest(at.txn())};
}

void lmdb_store::close() {
  std::shared_ptr<environment> env;
  {
    const std::lock_guard lock{guard_};
    env = std::exchange(env_, nullptr);
  }
  if (!env || !mark_.is_dirty()) return;
  env->sync();
  mark_.synced();
}

}  // namespace corka::store::lmdb
