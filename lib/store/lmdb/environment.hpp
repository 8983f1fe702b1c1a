// One LMDB environment: opening, growing, reading transactions.
#pragma once

#include "store/lmdb/reservation.hpp"

#include <lmdb.h>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace corka::store::lmdb {

/// An open environment of a folder, without syncs, with transactions that are not bound to threads.
///
/// Life: ends when its store and the last reader are gone; shared for that reason.
/// Threads: readers any; `write` one at a time, which it sees to itself. Errors: error{errc::store_failed}.
class environment {
 public:
  /// `map_bytes` of address space, or as much less as the process may have; it grows by doubling.
  environment(reservation folder, std::size_t map_bytes);
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment();

  /// How long a reader is there: for a call, or for as long as somebody likes.
  enum class stay { short_one, lasting };

  /// A reading transaction, taken from those that earlier readers left.
  class reader {
   public:
    explicit reader(std::shared_ptr<environment> of, stay how = stay::short_one);
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader();
    [[nodiscard]] MDB_txn* txn() const noexcept { return txn_; }
    [[nodiscard]] const environment& of() const noexcept { return *of_; }

   private:
    std::shared_ptr<environment> of_;
    MDB_txn* txn_ = nullptr;
    stay how_;
  };

  /// Runs `fill` in a writing transaction and commits it; again from the start in a larger map if the map is full.
  /// Growing waits until no reader is open: it happens ahead of need where it can be had without waiting.
  void write(const std::function<void(MDB_txn*)>& fill);
  /// Everything committed is on disk after this.
  void sync();

  /// That hold rows.
  [[nodiscard]] std::uint64_t pages() const;
  [[nodiscard]] MDB_dbi rows() const noexcept { return rows_; }
  [[nodiscard]] const reservation& reserved() const noexcept { return reservation_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// Address space for the file, which grows with it.
  [[nodiscard]] std::size_t map_bytes() const;
  /// How many transactions were committed since the oldest lasting reader began, as `now` sees them.
  [[nodiscard]] std::uint64_t unseen_by_oldest(MDB_txn* now) const;

 private:
  void open(std::size_t map_bytes);
  MDB_txn* begin_read();
  void end_read(MDB_txn* txn) noexcept;
  void grow();
  void grow_ahead();
  int remap();
  void check_usable() const;
  void cover_last_page() noexcept;

  reservation reservation_;
  const std::filesystem::path& folder_;
  MDB_env* env_ = nullptr;
  MDB_dbi rows_ = 0;
  std::uint64_t file_bytes_ = 0;  // what the file is known to have at least

  std::mutex writer_;
  mutable std::mutex guard_;  // of what follows
  std::condition_variable no_readers_;
  std::condition_variable grown_;
  std::vector<MDB_txn*> idle_;
  std::size_t readers_ = 0;
  std::multiset<std::size_t> lasting_;  // what those readers see: numbers of transactions
  bool growing_ = false;
  bool broken_ = false;
};

}  // namespace corka::store::lmdb
