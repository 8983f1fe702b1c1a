#include "simulation/instance_copies.hpp"

#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_store.hpp"

#include <corka/error.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace corka::simulation_parts {

namespace {

namespace fs = std::filesystem;
using store::memory::chunked_rows;
using store::memory::contents;

/// What one `apply`, or `clear`, has left.
struct version {
  std::shared_ptr<const chunked_rows> rows = std::make_shared<chunked_rows>();
  std::optional<store::identity> of{};
  std::optional<store::checkpoint> at{};
};

/// A folder on the disk.
struct kept_copy {
  std::shared_ptr<contents> now = std::make_shared<contents>();
  std::vector<version> since_sync{version{}};  ///< the first one is synced; never empty
  std::string why_dropped{};                   ///< for who opens it next
  bool open = false;

  void note() { since_sync.push_back({std::make_shared<const chunked_rows>(*now->rows), now->of, now->at}); }
  void synced() { since_sync.erase(since_sync.begin(), since_sync.end() - 1); }
  void become(version v, std::string why) {
    now = std::make_shared<contents>();
    *now->rows = *v.rows;
    now->of = v.of;
    now->at = v.at;
    since_sync = {std::move(v)};
    why_dropped = std::move(why);
  }
};

/// Notes every version.
class kept_store final : public store::table_store {
 public:
  kept_store(std::shared_ptr<kept_copy> in, const fs::path& folder)
      : in_{std::move(in)}, rows_{in_->now, folder, [kept = in_] { kept->open = false; }} {
    in_->open = true;
  }

  [[nodiscard]] std::optional<store::identity> is_copy_of() const override { return rows_.is_copy_of(); }
  [[nodiscard]] std::optional<store::checkpoint> last_checkpoint() const override { return rows_.last_checkpoint(); }
  void apply(std::span<const store::change> changes, const store::identity& of, const store::checkpoint& at) override {
    rows_.apply(changes, of, at);
    in_->note();
  }
  void clear() override {
    rows_.clear();
    in_->note();
  }
  void get(std::span<const std::string_view> sorted_keys,
           const std::function<void(std::size_t i, std::string_view value)>& found) const override {
    rows_.get(sorted_keys, found);
  }
  [[nodiscard]] std::unique_ptr<store::snapshot> read() const override { return rows_.read(); }
  [[nodiscard]] store::store_stats stats() const override { return rows_.stats(); }
  void close() override {
    rows_.close();
    in_->synced();
  }

 private:
  std::shared_ptr<kept_copy> in_;
  store::memory::memory_store rows_;
};

class memory_copies final : public instance_copies {
 public:
  memory_copies(copy_manner manner, dice by) : manner_{manner}, by_{by} {}

  [[nodiscard]] store::opened open(const fs::path& folder) override {
    auto& kept = kept_[folder];
    if (!kept) kept = std::make_shared<kept_copy>();
    if (kept->open) throw error{errc::store_in_use, "store in '" + folder.string() + "' is open already"};
    auto why = std::exchange(kept->why_dropped, {});
    return {std::make_unique<kept_store>(kept, folder), std::move(why)};
  }
  [[nodiscard]] std::string_view kind() const noexcept override { return "simulated"; }

  void power_failed() override {
    for (auto& [folder, kept] : kept_) {
      auto& all = kept->since_sync;
      if (by_.one_in(8)) {
        kept->become({}, "it is torn");
      } else if (manner_ == copy_manner::journal) {
        auto left = all[by_.below(all.size())];
        kept->become(std::move(left), "");
      } else if (all.size() > 1) {
        kept->become({}, "the machine was restarted before it was closed");
      }
    }
  }
  void lost() override { kept_.clear(); }

 private:
  copy_manner manner_;
  dice by_;
  std::map<fs::path, std::shared_ptr<kept_copy>> kept_;
};

class lmdb_copies final : public instance_copies {
 public:
  explicit lmdb_copies(dice by) : by_{by} { boot(); }

  [[nodiscard]] store::opened open(const fs::path& folder) override {
    known_.insert(folder);
    return of_->open(folder);
  }
  [[nodiscard]] std::string_view kind() const noexcept override { return of_->kind(); }

  void power_failed() override {
    boot();
    for (const auto& folder : known_) {
      const auto data = folder / "data.mdb";
      std::error_code none;
      const auto size = fs::file_size(data, none);
      if (!none && by_.one_in(8)) fs::resize_file(data, by_.below(size));
    }
  }
  void lost() override {
    for (const auto& folder : known_) fs::remove_all(folder);
    known_.clear();
  }

 private:
  void boot() {
    // Address space is taken for every copy of every instance.
    of_.emplace(store::lmdb::lmdb_options{.map_bytes = 4U << 20U, .boot = "boot-" + std::to_string(++boots_)});
  }

  dice by_;
  std::uint64_t boots_ = 0;
  std::optional<store::lmdb::lmdb_factory> of_;
  std::set<fs::path> known_;
};

}  // namespace

std::shared_ptr<instance_copies> copies_in_memory(copy_manner manner, dice by) {
  return std::make_shared<memory_copies>(manner, by);
}

std::shared_ptr<instance_copies> copies_in_lmdb(dice by) { return std::make_shared<lmdb_copies>(by); }

}  // namespace corka::simulation_parts
