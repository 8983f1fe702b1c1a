// One seed, played.
#pragma once

#include "base/dice.hpp"
#include "simulation/network.hpp"
#include "simulation/plan.hpp"
#include "simulation/simulated_disk.hpp"
#include "simulation/truth.hpp"
#include "simulation/watched_stores.hpp"
#include "tester/lab.hpp"

#include <corka/error.hpp>
#include <corka/simulation.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace corka::simulation_parts {

/// The dice of a seed, one for each thing that is diced for: leaving out a fault changes nothing else.
struct seeded {
  explicit seeded(std::uint64_t seed) : whole{seed * 2'654'435'761U + 1} {}
  dice whole;

  [[nodiscard]] dice order() const { return whole.split(1); }
  [[nodiscard]] dice plan() const { return whole.split(2); }
  [[nodiscard]] dice shape() const { return whole.split(3); }
  [[nodiscard]] dice way() const { return whole.split(4); }
  [[nodiscard]] dice feed() const { return whole.split(5); }
  [[nodiscard]] dice disk() const { return whole.split(6); }
  [[nodiscard]] dice stores(std::size_t who) const { return whole.split(100 + who); }
  [[nodiscard]] dice copies(std::size_t who) const { return whole.split(200 + who); }
};

/// How much of a graph there is to play.
struct shape {
  std::size_t instances = 2;
  std::size_t workers = 1;  ///< of each
  clock::duration load{};   ///< for so long records arrive and things go wrong
  /// The broker's disk keeps what was synced, and the broker syncs; else its process dies alone, and it does not.
  bool broker_syncs = false;
};
[[nodiscard]] shape shape_of(const seeded& by);

/// A member that only stirs a group up.
inline constexpr std::string_view passer_by = "passer-by";

/// Plays once: the load with its faults, until rest; then a second life of all instances, on what the first one left.
///
/// Life: one `play`. Threads: one.
class played_run {
 public:
  /// `what` outlives it.
  played_run(const simulation& what, std::uint64_t seed, const std::vector<fault>& plan, const simulation_options& how);
  played_run(const played_run&) = delete;
  played_run& operator=(const played_run&) = delete;
  ~played_run();

  [[nodiscard]] simulation_result play();

 private:
  using instance = tester_parts::instance;
  /// A kill that waits for some more handlers, so that it comes in the middle of something.
  struct kill {
    instance* of = nullptr;
    std::uint64_t handlers = 0;
    clock::duration down_for{};
    fault_kind how = fault_kind::kill;
  };

  void set_up();
  void schedule_feeds();
  void feed(const simulation::fed& to, std::size_t n, std::uint64_t random);
  void schedule(const fault& f);
  void begin(const fault& f);
  void end(const fault& f);
  [[nodiscard]] std::shared_ptr<watched_stores> stores_of(const std::string& name);
  [[nodiscard]] tester_parts::program program_of(const std::string& name);
  [[nodiscard]] std::shared_ptr<service> observed(const simulation::declared& group, const std::string& name);

  void at(clock::time_point when, std::function<void()> what) { agenda_.emplace(when, std::move(what)); }
  void after(clock::duration d, std::function<void()> what) { at(lab_->time().now() + d, std::move(what)); }
  /// Runs everything until then; earlier once something is violated.
  void pass_until(clock::time_point until);
  void drain();
  void begin_kill(const fault& f, instance& i);
  void carry_out_kills();
  void crash(const fault& f);
  /// What the broker's users find once its disk has stopped.
  void broker_is_down();
  void restart_broker();
  void supervise();
  [[nodiscard]] bool may_end(const std::string& name, std::optional<errc> why) const;
  void come_to_rest();
  void start(instance& i);
  void stop(instance& i);
  void stop_all();
  void expire(std::uint64_t which);
  void storm(std::uint64_t which);
  void nothing_is_left(instance& i);
  [[nodiscard]] const simulation::declared* group_by(std::uint64_t which) const;
  [[nodiscard]] instance& named(std::size_t who) { return lab_->at(instance_name(who)); }
  [[nodiscard]] bool ok() const { return truth_.failure().empty(); }

  const simulation::setup& parts_;
  seeded by_;
  std::uint64_t seed_;
  shape shape_;
  std::vector<fault> plan_;
  bool traces_;
  bool lmdb_;
  std::string trace_;

  truth truth_;
  std::set<std::string> transformed_;
  std::shared_ptr<simulated_disk> disk_;
  std::shared_ptr<network> network_;
  std::map<std::string, std::shared_ptr<watched_stores>> stores_;
  std::deque<char> lives_;  ///< one place for each, never used again
  std::optional<tester_parts::lab> lab_;

  std::multimap<clock::time_point, std::function<void()>> agenda_;
  std::vector<kill> kills_;
  std::map<instance*, clock::time_point> stopping_;  ///< and when they must have ended
  std::map<std::pair<fault_kind, std::size_t>, int> on_;
  std::optional<fault> crash_;  ///< that is to come, or whose end is
  bool broker_down_ = false;
  bool second_life_ = false;
  std::uint64_t steps_ = 0;
};

}  // namespace corka::simulation_parts
