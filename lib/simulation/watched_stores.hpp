// The local copies of one instance of a simulation.
#pragma once

#include "base/dice.hpp"
#include "simulation/truth.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace corka::simulation_parts {

/// Stores that say when they are ahead of their topics, can be full, and may be found damaged after a crash.
///
/// Life: outlives the stores it opened. Threads: one.
class watched_stores final : public store::store_factory {
 public:
  watched_stores(std::shared_ptr<store::store_factory> of, std::string instance, truth& what,
                 const std::set<std::string>& transformed, dice by)
      : of_{std::move(of)}, instance_{std::move(instance)}, truth_{what}, transformed_{transformed}, by_{by} {}

  [[nodiscard]] store::opened open(const std::filesystem::path& folder) override;
  [[nodiscard]] std::string_view kind() const noexcept override { return of_->kind(); }

  void set_full(bool full) noexcept { full_ = full; }
  /// The machine has lost its power: copies that are opened from now on may be damaged, as chance has it.
  void damage() noexcept { damaged_ = true; }
  /// The instance runs in order again.
  void mend() noexcept { damaged_ = false; }
  [[nodiscard]] std::size_t open_stores() const noexcept { return open_.size(); }
  /// Compares what is open with the topics.
  void compare() const;

 private:
  class watched;

  std::shared_ptr<store::store_factory> of_;
  std::string instance_;
  truth& truth_;
  const std::set<std::string>& transformed_;
  dice by_;
  bool full_ = false;
  bool damaged_ = false;
  std::set<watched*> open_;
};

}  // namespace corka::simulation_parts
