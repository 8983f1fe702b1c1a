// Tells how things go.
#pragma once

#include "emission.hpp"

#include <corka/corka.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace flights {

/// Prints a line a second, as long as something happens, and late arrivals where a person can follow.
class report {
 public:
  /// Null: the emission runs in another process, or not at all.
  explicit report(const emission* e) : emission_{e} {}
  /// `example`: a key of its table.
  void watch(const corka::processor& p, std::string example) {
    parts_.push_back({p.declared().name.str(), std::move(example), &p, {}});
  }

  /// `url`: where the HTTP server is; empty: nowhere. Ends by itself only when there is nothing but an emission, and
  /// that is done.
  [[nodiscard]] corka::task<> run(std::string url);
  /// What was done in all.
  void print_totals();

 private:
  struct counts {
    std::uint64_t records = 0;
    std::int64_t behind = 0;
  };
  struct part {
    std::string name;
    std::string example;
    const corka::processor* processor;
    counts latest;
  };
  void look();
  [[nodiscard]] std::string line() const;

  const emission* emission_;
  std::vector<part> parts_;
};

}  // namespace flights
