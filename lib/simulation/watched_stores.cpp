#include "simulation/watched_stores.hpp"

#include "base/excerpt.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <map>
#include <optional>
#include <span>
#include <utility>

namespace corka::simulation_parts {

namespace {

constexpr std::string_view never_ahead = "a local copy is never ahead of its topic";

[[noreturn]] void fail_full() { throw error{errc::store_failed, "no space is left on the device: make room"}; }

topic_partition table_of(const store::identity& of) { return {topic_name{of.topic}, partition_id{of.partition}}; }

}  // namespace

class watched_stores::watched final : public store::table_store {
 public:
  watched(std::unique_ptr<store::table_store> of, watched_stores& by) : of_{std::move(of)}, by_{by} {
    by_.open_.insert(this);
  }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched() override { by_.open_.erase(this); }

  [[nodiscard]] std::optional<store::identity> is_copy_of() const override { return of_->is_copy_of(); }
  [[nodiscard]] std::optional<store::checkpoint> last_checkpoint() const override { return of_->last_checkpoint(); }

  void apply(std::span<const store::change> changes, const store::identity& of, const store::checkpoint& at) override {
    if (by_.full_) fail_full();
    const auto table = table_of(of);
    if (at.changelog.value > by_.truth_.end_of(table)) {
      by_.truth_.violated(never_ahead,
                          fmt::format("{}: a copy says that it has {} up to {}, which ends at {}", by_.instance_,
                                      to_string(table), at.changelog.value, by_.truth_.end_of(table)));
    }
    if (!by_.transformed_.contains(of.topic)) {
      for (const auto& c : changes) check(table, c);
    }
    const bool dies = by_.dies_here();
    if (!dies || by_.by_.one_in(2)) of_->apply(changes, of, at);
    if (dies) throw error{errc::store_failed, "the process was killed"};
    compare_checkpoint();
  }
  void clear() override { of_->clear(); }
  void get(std::span<const std::string_view> sorted_keys,
           const std::function<void(std::size_t i, std::string_view value)>& found) const override {
    of_->get(sorted_keys, found);
  }
  [[nodiscard]] std::unique_ptr<store::snapshot> read() const override { return of_->read(); }
  [[nodiscard]] store::store_stats stats() const override { return of_->stats(); }
  void close() override {
    of_->close();
    by_.open_.erase(this);
  }

  /// What the copy says it has, it has.
  void compare_checkpoint() const {
    const auto of = of_->is_copy_of();
    const auto at = of_->last_checkpoint();
    if (!of || !at || by_.transformed_.contains(of->topic)) return;
    const auto how = by_.truth_.misfit(table_of(*of), rows(), at->changelog.value);
    if (!how.empty())
      by_.truth_.violated(
          "a local copy has its topic's rows up to its offset",
          fmt::format("{}: {} at {}: {}", by_.instance_, to_string(table_of(*of)), at->changelog.value, how));
  }

  void compare() const {
    const auto of = of_->is_copy_of();
    if (!of || by_.transformed_.contains(of->topic)) return;
    const auto table = table_of(*of);
    const auto there = rows();
    const auto wanted = by_.truth_.rows(table, by_.truth_.end_of(table));
    if (there == wanted) return;
    for (const auto& [key, value] : wanted) {
      const auto found = there.find(key);
      if (found != there.end() && found->second == value) continue;
      return say(table, key, value, found == there.end() ? "(none)" : found->second);
    }
    for (const auto& [key, value] : there) {
      if (!wanted.contains(key)) return say(table, key, "(none)", value);
    }
  }

 private:
  [[nodiscard]] std::map<std::string, std::string> rows() const {
    std::map<std::string, std::string> all;
    of_->read()->range({}, {}, false, [&](std::string_view key, std::string_view value) {
      all.emplace(key, value);
      return true;
    });
    return all;
  }
  void check(const topic_partition& table, const store::change& c) const {
    if (by_.truth_.was(table, c.key, c.erase ? nullptr : &c.value)) return;
    by_.truth_.violated(
        never_ahead, fmt::format("{}: {} of '{}' is saved and not in {}", by_.instance_,
                                 c.erase ? "an erasure" : excerpt(c.value, 60), excerpt(c.key, 40), to_string(table)));
  }
  void say(const topic_partition& table, const std::string& key, const std::string& wanted,
           const std::string& found) const {
    by_.truth_.violated("local copies are equal to their topics",
                        fmt::format("{}: '{}' of {} is {} in the copy, {} in the topic", by_.instance_,
                                    excerpt(key, 40), to_string(table), excerpt(found, 80), excerpt(wanted, 80)));
  }

  std::unique_ptr<store::table_store> of_;
  watched_stores& by_;
};

store::opened watched_stores::open(const std::filesystem::path& folder) {
  if (full_ && !known_.contains(folder)) fail_full();
  auto opened = of_->open(folder);
  known_.insert(folder);
  auto store = std::make_unique<watched>(std::move(opened.store), *this);
  store->compare_checkpoint();
  opened.store = std::move(store);
  return opened;
}

bool watched_stores::dies_here() {
  if (!dies_in_ || (*dies_in_)-- > 0) return false;
  dies_in_.reset();
  die_();
  return true;
}

void watched_stores::compare() const {
  for (const auto* w : open_) w->compare();
}

}  // namespace corka::simulation_parts
