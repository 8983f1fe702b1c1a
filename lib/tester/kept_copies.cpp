#include "tester/kept_copies.hpp"

#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"

#include <system_error>

namespace corka::tester_parts {

namespace {

std::shared_ptr<store::store_factory> factory_of(copies kind) {
  if (kind == copies::lmdb) return std::make_shared<store::lmdb::lmdb_factory>();
  return std::make_shared<store::memory::memory_factory>();
}

}  // namespace

kept_copies::kept_copies(copies kind) : kind_{kind}, of_{factory_of(kind)} {}

store::opened kept_copies::open(const std::filesystem::path& folder) {
  auto opened = of_->open(folder);
  known_.insert(folder);
  if (corrupted_.erase(folder) > 0) {
    opened.store->clear();
    opened.why_dropped = "it is damaged";
  }
  return opened;
}

void kept_copies::lose() {
  of_ = factory_of(kind_);  // with which those in memory go
  for (const auto& folder : known_) std::filesystem::remove_all(folder);
  known_.clear();
  corrupted_.clear();
}

void kept_copies::corrupt() {
  for (const auto& folder : known_) {
    const auto data = folder / "data.mdb";
    std::error_code none;
    const auto size = std::filesystem::file_size(data, none);
    if (kind_ == copies::memory) corrupted_.insert(folder);
    else if (!none) std::filesystem::resize_file(data, size - size / 4);
  }
}

}  // namespace corka::tester_parts
