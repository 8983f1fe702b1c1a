#include "store/lmdb/environment.hpp"

#include "store/lmdb/failure.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace corka::store::lmdb {

namespace {

constexpr unsigned most_readers = 510;
constexpr std::size_t least_map_bytes = std::size_t{16} << 20U;
constexpr std::size_t most_idle = 16;

std::size_t machine_memory() {
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t size_of_file(const std::filesystem::path& path) {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(path, missing);
  return missing ? 0 : static_cast<std::size_t>(bytes);
}

}  // namespace

environment::environment(reservation folder, std::size_t map_bytes)
    : reservation_{std::move(folder)}, folder_{reservation_.folder()} {
  try {
    open(map_bytes);
  } catch (...) {
    if (env_ != nullptr) mdb_env_close(env_);
    throw;
  }
}

environment::~environment() {
  for (auto* txn : idle_) mdb_txn_abort(txn);
  mdb_env_close(env_);
}

void environment::open(std::size_t map_bytes) {
  file_bytes_ = size_of_file(folder_ / "data.mdb");
  unsigned flags = MDB_NOSYNC | MDB_NOTLS;
  // Reading ahead pays while everything fits into memory; beyond, it throws out what is needed.
  if (file_bytes_ > machine_memory() / 2) flags |= MDB_NORDAHEAD;
  while (map_bytes < file_bytes_ * 2) map_bytes *= 2;

  // A failed mdb_env_open leaves nothing that can be used again.
  for (;; map_bytes /= 2) {
    check(mdb_env_create(&env_), folder_, "making an environment");
    check(mdb_env_set_maxreaders(env_, most_readers), folder_, "making an environment");
    check(mdb_env_set_mapsize(env_, map_bytes), folder_, "making an environment");
    const int code = mdb_env_open(env_, folder_.c_str(), flags, 0644);
    if (code == 0) break;
    if (code != ENOMEM || map_bytes / 2 < std::max<std::size_t>(least_map_bytes, file_bytes_))
      fail(code, folder_, "opening");
    mdb_env_close(std::exchange(env_, nullptr));
  }

  MDB_txn* txn = nullptr;
  check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn), folder_, "opening");
  const int code = mdb_dbi_open(txn, nullptr, 0, &rows_);
  mdb_txn_abort(txn);
  check(code, folder_, "opening");
}

environment::reader::reader(std::shared_ptr<environment> of, stay how)
    : of_{std::move(of)}, txn_{of_->begin_read()}, how_{how} {
  if (how_ == stay::short_one) return;
  const std::lock_guard lock{of_->guard_};
  of_->lasting_.insert(mdb_txn_id(txn_));
}

environment::reader::~reader() {
  if (how_ == stay::lasting) {
    const std::lock_guard lock{of_->guard_};
    of_->lasting_.erase(of_->lasting_.find(mdb_txn_id(txn_)));
  }
  of_->end_read(txn_);
}

std::uint64_t environment::unseen_by_oldest(MDB_txn* now) const {
  const auto latest = mdb_txn_id(now);
  const std::lock_guard lock{guard_};
  return lasting_.empty() || *lasting_.begin() > latest ? 0 : latest - *lasting_.begin();
}

MDB_txn* environment::begin_read() {
  MDB_txn* txn = nullptr;
  {
    std::unique_lock lock{guard_};
    grown_.wait(lock, [this] { return !growing_; });
    check_usable();
    readers_ += 1;
    if (!idle_.empty()) {
      txn = idle_.back();
      idle_.pop_back();
    }
  }
  int code = 0;
  if (txn == nullptr) {
    code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  } else if (code = mdb_txn_renew(txn); code != 0) {
    mdb_txn_abort(txn);
  }
  if (code == 0) return txn;
  end_read(nullptr);
  fail(code, folder_, "beginning to read");
}

void environment::end_read(MDB_txn* txn) noexcept {
  if (txn != nullptr) mdb_txn_reset(txn);
  {
    const std::lock_guard lock{guard_};
    readers_ -= 1;
    if (txn != nullptr && idle_.size() < most_idle) idle_.push_back(std::exchange(txn, nullptr));
    if (readers_ == 0 && growing_) no_readers_.notify_one();
  }
  if (txn != nullptr) mdb_txn_abort(txn);
}

void environment::write(const std::function<void(MDB_txn*)>& fill) {
  const std::lock_guard one{writer_};
  grow_ahead();
  while (true) {
    check_usable();
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn), folder_, "beginning to write");
    try {
      fill(txn);
    } catch (const map_full&) {
      mdb_txn_abort(txn);
      grow();
      continue;
    } catch (...) {
      mdb_txn_abort(txn);
      throw;
    }
    const int code = mdb_txn_commit(txn);
    if (code == 0) break;
    if (code != MDB_MAP_FULL) fail(code, folder_, "committing");
    grow();
  }
  cover_last_page();
}

void environment::sync() {
  const std::lock_guard one{writer_};
  check(mdb_env_sync(env_, 1), folder_, "syncing");
}

std::uint64_t environment::pages() const {
  MDB_stat stat{};
  mdb_env_stat(env_, &stat);
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

std::size_t environment::map_bytes() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return info.me_mapsize;
}

// LMDB moves the map when its size changes, so no transaction may be open in the process; it does not look itself.
void environment::grow() {
  std::unique_lock lock{guard_};
  growing_ = true;
  no_readers_.wait(lock, [this] { return readers_ == 0; });
  const int code = remap();
  growing_ = false;
  grown_.notify_all();
  lock.unlock();
  check(code, folder_, "growing");
}

void environment::grow_ahead() {
  if (file_bytes_ < map_bytes() / 4 * 3) return;
  const std::lock_guard lock{guard_};
  if (readers_ != 0) return;
  // A failure is met again, and told, when the room is needed.
  static_cast<void>(remap());
}

int environment::remap() {
  const auto bytes = map_bytes();
  const int code = mdb_env_set_mapsize(env_, bytes * 2);
  // A failure leaves no map at all.
  if (code != 0 && mdb_env_set_mapsize(env_, bytes) != 0) {
    // Nothing can be read or written any more, and LMDB would crash rather than say so.
    broken_ = true;
  }
  return code;
}

void environment::check_usable() const {
  if (broken_) fail(ENOMEM, folder_, "mapping it into memory");
}

// Pages that a transaction took and gave back are counted but not written. With them in the file, a file that is
// shorter than its last page is known to have been cut (file_check). A failure is none: the commit stands.
void environment::cover_last_page() noexcept {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  const auto needed = (info.me_last_pgno + 1) * std::uint64_t{stat.ms_psize};
  if (needed <= file_bytes_) return;
  int file = -1;
  struct ::stat now{};
  if (mdb_env_get_fd(env_, &file) != 0 || ::fstat(file, &now) != 0) return;
  file_bytes_ = static_cast<std::uint64_t>(now.st_size);
  if (needed > file_bytes_ && ::ftruncate(file, static_cast<off_t>(needed)) == 0) file_bytes_ = needed;
}

}  // namespace corka::store::lmdb
