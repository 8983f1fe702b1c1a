#include "store/lmdb/lmdb_factory.hpp"

#include "store/lmdb/failure.hpp"
#include "store/lmdb/file_check.hpp"
#include "store/lmdb/lmdb_store.hpp"

#include <corka/error.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace corka::store::lmdb {

namespace {

namespace fs = std::filesystem;

/// Files up to this long are read in whole when they are opened: a few milliseconds.
constexpr std::uint64_t check_always = std::uint64_t{32} << 20U;
/// And up to this long if the machine was restarted since, which is when disks have lost something.
constexpr std::uint64_t check_after_restart = std::uint64_t{1} << 30U;
constexpr std::uint64_t never_written = 2 * 4096;

std::string doubt_about(const fs::path& data, const boot_mark& mark) {
  if (!mark.doubt().empty()) return mark.doubt();
  auto damage = damage_of(data, mark.other_boot() ? check_after_restart : check_always);
  return damage.empty() ? damage : "'" + data.string() + "' " + damage;
}

void remove_files(const fs::path& folder) {
  for (const auto* name : {"data.mdb", "lock.mdb"}) {
    std::error_code failed;
    fs::remove_all(folder / name, failed);
    if (failed) {
      throw error{errc::store_failed, "store in '" + folder.string() + "' cannot be dropped: " + failed.message() +
                                          " (delete the folder, or make it writable)"};
    }
  }
}

}  // namespace

lmdb_factory::lmdb_factory(lmdb_options options) : options_{std::move(options)} {}

opened lmdb_factory::open(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    throw error{errc::store_failed, "store folder '" + folder.string() + "' cannot be made: " + failed.message() +
                                        " (make the folder above it writable, or choose another one with --state-dir)"};
  }
  const auto path = fs::canonical(folder);
  const auto data = path / "data.mdb";
  const reservation only_one{path};

  boot_mark mark{path / "boot", options_.boot};
  opened result;
  if (fs::exists(data)) {
    result.why_dropped = doubt_about(data, mark);
    if (!result.why_dropped.empty()) {
      const bool had_nothing = fs::is_regular_file(data) && fs::file_size(data) <= never_written;
      if (had_nothing && !mark.doubt().empty()) result.why_dropped.clear();
      remove_files(path);
    }
  }
  std::unique_ptr<lmdb_store> store;
  try {
    store = std::make_unique<lmdb_store>(only_one, options_.map_bytes, mark);
  } catch (const file_damaged& e) {
    result.why_dropped = e.what();
    remove_files(path);
    store = std::make_unique<lmdb_store>(only_one, options_.map_bytes, std::move(mark));
  }
  if (auto why = store->what_is_foreign(); !why.empty()) {
    store->clear();
    result.why_dropped = std::move(why);
  }
  result.store = std::move(store);
  return result;
}

}  // namespace corka::store::lmdb
