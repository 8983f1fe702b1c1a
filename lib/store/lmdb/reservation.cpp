#include "store/lmdb/reservation.hpp"

#include <corka/error.hpp>

#include <mutex>
#include <set>
#include <utility>

namespace corka::store::lmdb {

namespace {

struct reserved_folders {
  std::mutex guard;
  std::set<std::filesystem::path> paths;
};

// Never destroyed: a store may be a static of the program.
reserved_folders& all() {
  static auto* folders = new reserved_folders;
  return *folders;
}

}  // namespace

reservation::reservation(std::filesystem::path folder) {
  const std::lock_guard lock{all().guard};
  if (!all().paths.insert(folder).second) {
    throw error{errc::store_in_use,
                "store in '" + folder.string() +
                    "' is open already in this process: close it, and let go of its snapshots, first"};
  }
  folder_ = {new std::filesystem::path{std::move(folder)}, [](const std::filesystem::path* p) {
               const std::lock_guard free{all().guard};
               all().paths.erase(*p);
               delete p;
             }};
}

}  // namespace corka::store::lmdb
