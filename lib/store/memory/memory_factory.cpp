#include "store/memory/memory_factory.hpp"

#include "store/memory/memory_store.hpp"

#include <corka/error.hpp>

#include <map>
#include <mutex>
#include <set>

namespace corka::store::memory {

struct memory_factory::shelf {
  std::mutex guard;
  std::map<std::filesystem::path, std::shared_ptr<contents>> kept;
  std::set<std::filesystem::path> open;
};

memory_factory::memory_factory() : shelf_{std::make_shared<shelf>()} {}
memory_factory::~memory_factory() = default;

opened memory_factory::open(const std::filesystem::path& folder) {
  const auto path = folder.lexically_normal();
  const std::lock_guard lock{shelf_->guard};
  if (!shelf_->open.insert(path).second) {
    throw error{errc::store_in_use, "store in '" + path.string() + "' is open already in this process: close it first"};
  }
  auto& kept = shelf_->kept[path];
  if (!kept) kept = std::make_shared<contents>();
  auto closed = [shelf = shelf_, path] {
    const std::lock_guard inner{shelf->guard};
    shelf->open.erase(path);
  };
  return {std::make_unique<memory_store>(kept, path, std::move(closed)), {}};
}

void memory_factory::forget(const std::filesystem::path& folder) {
  const std::lock_guard lock{shelf_->guard};
  shelf_->kept.erase(folder.lexically_normal());
}

void memory_factory::forget_all() {
  const std::lock_guard lock{shelf_->guard};
  shelf_->kept.clear();
}

}  // namespace corka::store::memory
