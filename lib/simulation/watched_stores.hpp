// The local copies of one instance of a simulation.
#pragma once

#include "base/dice.hpp"
#include "simulation/instance_copies.hpp"
#include "simulation/truth.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace corka::simulation_parts {

/// Compares every copy with its topic whenever one was opened or written, may be full, and may be where the process
/// dies.
///
/// Life: outlives the stores it opened. Threads: one.
class watched_stores final : public store::store_factory {
 public:
  watched_stores(std::shared_ptr<instance_copies> of, std::string instance, truth& what,
                 const std::set<std::string>& transformed, dice by)
      : of_{std::move(of)}, instance_{std::move(instance)}, truth_{what}, transformed_{transformed}, by_{by} {}

  [[nodiscard]] store::opened open(const std::filesystem::path& folder) override;
  [[nodiscard]] std::string_view kind() const noexcept override { return of_->kind(); }

  void set_full(bool full) noexcept { full_ = full; }
  /// In the n-th `apply` from now, before or after it was done, `die` is called, and nothing more comes of it.
  void die_in(std::uint64_t applies, std::function<void()> die) {
    dies_in_ = applies;
    die_ = std::move(die);
  }
  void die_no_more() { dies_in_.reset(); }
  [[nodiscard]] instance_copies& disk() noexcept { return *of_; }
  [[nodiscard]] std::size_t open_stores() const noexcept { return open_.size(); }
  /// Compares what is open with the topics.
  void compare() const;

 private:
  class watched;

  /// Whether the process dies in this `apply`.
  [[nodiscard]] bool dies_here();

  std::shared_ptr<instance_copies> of_;
  std::string instance_;
  truth& truth_;
  const std::set<std::string>& transformed_;
  dice by_;
  bool full_ = false;
  std::optional<std::uint64_t> dies_in_;
  std::function<void()> die_;
  std::set<std::filesystem::path> known_;
  std::set<watched*> open_;
};

}  // namespace corka::simulation_parts
