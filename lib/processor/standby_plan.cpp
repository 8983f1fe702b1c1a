#include "processor/standby_plan.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace corka::processor_parts {

namespace {

/// FNV-1a and a final mix (SplitMix64's): neighbours in name and number are far apart.
std::uint64_t weight(std::string_view name, partition_id number) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  const auto add = [&h](unsigned char byte) {
    h ^= byte;
    h *= 0x100000001b3ULL;
  };
  for (const char c : name) add(static_cast<unsigned char>(c));
  for (unsigned shift = 0; shift < 32U; shift += 8U)
    add(static_cast<unsigned char>(static_cast<std::uint32_t>(number.value) >> shift));
  h = (h ^ (h >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ (h >> 27U)) * 0x94d049bb133111ebULL;
  return h ^ (h >> 31U);
}

}  // namespace

std::vector<standby_candidate> candidates_of(const std::vector<kafka::member_description>& members,
                                             const topic_name& driver) {
  std::vector<standby_candidate> all;
  for (const auto& m : members) {
    standby_candidate c{m.instance_id.empty() ? m.id : m.instance_id, {}};
    for (const auto& tp : m.holds) {
      if (tp.topic == driver) c.holds.push_back(tp.partition);
    }
    all.push_back(std::move(c));
  }
  return all;
}

namespace {

using names_by_number = std::map<partition_id, std::vector<std::string>>;

/// Members and what each has been given so far.
class dealer {
 public:
  explicit dealer(const std::vector<standby_candidate>& members) : members_{members}, load_(members.size(), 0) {}

  /// The members that may keep a copy, best first.
  [[nodiscard]] std::vector<std::size_t> ranked(partition_id number) const {
    std::vector<std::pair<std::uint64_t, std::size_t>> by_weight;
    for (std::size_t m = 0; m < members_.size(); ++m) {
      if (std::ranges::find(members_[m].holds, number) == members_[m].holds.end())
        by_weight.emplace_back(weight(members_[m].name, number), m);
    }
    std::ranges::sort(by_weight, std::ranges::greater{});
    std::vector<std::size_t> order;
    for (const auto& [w, m] : by_weight) order.push_back(m);
    return order;
  }

  void deal(partition_id number, std::size_t most, std::size_t room) {
    auto& names = chosen_[number];
    const auto order = ranked(number);
    // Who is full is taken only where nobody else is left.
    for (const bool full_too : {false, true}) {
      for (const auto m : order) {
        if (names.size() >= most) return;
        if ((!full_too && load_[m] >= room) || has(names, m)) continue;
        names.push_back(members_[m].name);
        ++load_[m];
      }
    }
  }

  /// Moves copies from the fullest to the emptiest until they differ by one. The last numbers may have found only full
  /// members left.
  void even_out() {
    while (move_one()) {}
  }

  [[nodiscard]] names_by_number take() { return std::move(chosen_); }

 private:
  [[nodiscard]] bool has(const std::vector<std::string>& names, std::size_t m) const {
    return std::ranges::find(names, members_[m].name) != names.end();
  }
  bool move_one() {
    const auto from = static_cast<std::size_t>(std::ranges::max_element(load_) - load_.begin());
    const auto to = static_cast<std::size_t>(std::ranges::min_element(load_) - load_.begin());
    if (load_[from] <= load_[to] + 1) return false;
    for (auto& [number, names] : chosen_) {
      const auto& held = members_[to].holds;
      if (!has(names, from) || has(names, to) || std::ranges::find(held, number) != held.end()) continue;
      *std::ranges::find(names, members_[from].name) = members_[to].name;
      --load_[from];
      ++load_[to];
      return true;
    }
    return false;
  }

  const std::vector<standby_candidate>& members_;
  std::vector<std::size_t> load_;
  names_by_number chosen_;
};

}  // namespace

std::map<partition_id, std::vector<std::string>> choose_standbys(std::vector<standby_candidate> candidates,
                                                                 std::int32_t partitions, std::size_t replicas) {
  if (candidates.empty()) return {};
  std::ranges::sort(candidates, {}, &standby_candidate::name);
  const auto most = std::min(replicas, candidates.size() - 1);
  const auto wanted = static_cast<std::size_t>(std::max(partitions, 0)) * most;
  const auto room = (wanted + candidates.size() - 1) / candidates.size();
  dealer cards{candidates};
  for (std::int32_t p = 0; p < partitions; ++p) cards.deal(partition_id{p}, most, room);
  cards.even_out();
  return cards.take();
}

}  // namespace corka::processor_parts
