#include "simulation/played_run.hpp"

#include "kafka/embedded/coordinator.hpp"
#include "tester/unfinished.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace corka::simulation_parts {

namespace {

using namespace std::chrono_literals;

/// More handlers than any run needs: something goes round in circles.
constexpr std::uint64_t most_steps = 3'000'000;
/// For what is left to do once nothing goes wrong any more.
constexpr clock::duration patience = 3min;
/// Beyond the deadline of a stop: blocking calls take their time.
constexpr clock::duration stop_slack = 3s;

std::optional<errc> kind_of(const std::exception_ptr& failure) {
  if (!failure) return std::nullopt;
  try {
    std::rethrow_exception(failure);
  } catch (const error& e) { return e.kind(); } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

shape shape_of(const seeded& by) {
  auto d = by.shape();
  shape s;
  s.instances = 2 + d.below(2);
  s.workers = 1 + d.below(3);
  s.load = 4s + d.up_to(clock::duration{8s});
  s.broker_syncs = d.one_in(2);
  return s;
}

played_run::played_run(const simulation& what, std::uint64_t seed, const std::vector<fault>& plan,
                       const simulation_options& how)
    : parts_{what.parts()},
      by_{seed},
      seed_{seed},
      shape_{shape_of(by_)},
      plan_{plan},
      traces_{how.trace},
      lmdb_{how.lmdb},
      truth_{parts_},
      transformed_{parts_.transformed.begin(), parts_.transformed.end()},
      disk_{std::make_shared<simulated_disk>(
          shape_.broker_syncs ? simulated_disk::loss::power : simulated_disk::loss::process, by_.disk())},
      network_{std::make_shared<network>(by_.way(), truth_, *disk_)} {
  tester_parts::lab_options options;
  options.by = std::make_shared<dice>(by_.order());
  options.workers = shape_.workers;
  options.broker_faults = network_;
  options.broker_disk = disk_;
  options.broker_fsync = shape_.broker_syncs;
  options.story_lines = 1;
  options.stores_around = [this](const std::shared_ptr<store::store_factory>&, const std::string& name) {
    return stores_of(name);
  };
  lab_.emplace(std::move(options));
  truth_.look_at(lab_->broker());
  if (traces_) {
    lab_->told().listen([this](const tester_parts::story::line& l) { trace_ += to_string(l) + "\n"; });
  }
}

played_run::~played_run() = default;

void played_run::start(instance& i) {
  if (!i.now) return lab_->start(i);
  // Its stop takes longer than was meant.
  if (stopping_.contains(&i)) after(100ms, [this, &i] { start(i); });
}

void played_run::stop(instance& i) {
  clock::duration longest{};
  for (const auto& g : parts_.groups) longest = std::max<clock::duration>(longest, g.options.revoke_deadline);
  stopping_[&i] = lab_->time().now() + longest + stop_slack;
  if (traces_) lab_->told().tell(i.name, "is asked to stop");
  i.now->stop();
}

// Time passes.

void played_run::drain() {
  while (ok() && lab_->step()) {
    if (++steps_ > most_steps) truth_.violated("handlers come to an end", "something goes round in circles");
    if (disk_->stopped() && !broker_down_) broker_is_down();
    if (!kills_.empty()) carry_out_kills();
  }
}

void played_run::pass_until(clock::time_point until) {
  while (ok()) {
    drain();
    supervise();
    auto& time = lab_->time();
    const auto limit = agenda_.empty() ? until : std::min(until, agenda_.begin()->first);
    if (time.advance_to_next(limit)) continue;
    while (!agenda_.empty() && agenda_.begin()->first <= time.now()) {
      const auto next = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      next();
      if (disk_->stopped() && !broker_down_) broker_is_down();
    }
    if (time.now() >= until) return;
  }
}

void played_run::supervise() {
  for (auto& [name, i] : lab_->instances()) {
    if (!i->now) continue;
    if (const auto at = stopping_.find(i.get()); at != stopping_.end()) {
      if (i->now->ended()) {
        stopping_.erase(at);
        nothing_is_left(*i);
        lab_->stop(*i);
      } else if (lab_->time().now() > at->second) {
        return truth_.violated("every stop ends within its deadline", "instance " + name + " has not ended");
      }
      continue;
    }
    if (name == passer_by) {
      if (i->now->ended()) lab_->stop(*i);
      continue;
    }
    for (const auto& s : i->now->services()) {
      if (!s->ended) continue;
      if (!may_end(name, kind_of(s->failure))) {
        return truth_.violated("services go on", fmt::format("one of instance {} has ended: {}", name, s->why));
      }
      // As whoever looks after the process would.
      lab_->kill(*i);
      after(1s, [this, again = i.get()] { start(*again); });
      break;
    }
  }
}

// A disk that is full ends who needs it.
bool played_run::may_end(const std::string& name, std::optional<errc> why) const {
  return std::ranges::any_of(plan_, [&](const fault& f) {
    if (f.kind == fault_kind::broker_full) return why == errc::delivery_failed || why == errc::store_failed;
    return f.kind == fault_kind::full_disk && why == errc::store_failed &&
           instance_name(f.who % shape_.instances) == name;
  });
}

void played_run::come_to_rest() {
  const auto until = lab_->time().now() + patience;
  std::vector<std::string> left{"begin"};
  while (ok() && !left.empty() && lab_->time().now() < until) {
    pass_until(lab_->time().now() + 250ms);
    left = tester_parts::unfinished(*lab_);
    if (!agenda_.empty()) left.emplace_back("something is to come");
  }
  if (ok() && !left.empty()) truth_.violated("the graph comes to rest", fmt::format("{}", fmt::join(left, "; ")));
}

void played_run::stop_all() {
  for (auto& [name, i] : lab_->instances()) {
    if (i->now && !stopping_.contains(i.get())) stop(*i);
  }
  while (ok() && !stopping_.empty()) pass_until(lab_->time().now() + 50ms);
  for (const auto& g : parts_.groups) {
    const auto left = lab_->broker().groups().members(g.what.name).size();
    if (ok() && left > 0)
      truth_.violated("nothing is left", fmt::format("{} members of group {}", left, g.what.name.str()));
  }
}

void played_run::nothing_is_left(instance& i) {
  if (!i.now->threads().idle())
    truth_.violated("nothing is left", "a coroutine or handler of instance " + i.name + " that was stopped");
  if (i.now->by().in_flight > 0)
    truth_.violated("nothing is left", fmt::format("{} sends of instance {}", i.now->by().in_flight, i.name));
  if (const auto stores = stores_.find(i.name); stores != stores_.end() && stores->second->open_stores() > 0) {
    truth_.violated("nothing is left",
                    fmt::format("{} open stores of instance {}", stores->second->open_stores(), i.name));
  }
}

simulation_result played_run::play() {
  try {
    set_up();
    for (std::size_t i = 0; i < shape_.instances; ++i) start(named(i));
    const auto begin = lab_->time().now();
    pass_until(begin + shape_.load);
    // What lasts longer ends before the graph has to rest.
    while (ok() && (!agenda_.empty() || !stopping_.empty() || !kills_.empty())) pass_until(lab_->time().now() + 100ms);
    come_to_rest();
    if (ok()) truth_.at_rest();
    if (ok()) stop_all();
    second_life_ = true;
    for (std::size_t i = 0; ok() && i < shape_.instances; ++i) start(named(i));
    come_to_rest();
    // Until who keeps copies for others has looked whose.
    if (ok()) pass_until(lab_->time().now() + 6s);
    come_to_rest();
    for (const auto& [name, stores] : stores_) stores->compare();
    if (ok()) stop_all();
  } catch (const std::exception& e) { truth_.violated("nothing is thrown", e.what()); }
  simulation_result result;
  result.seed = seed_;
  result.failure = truth_.failure();
  for (const auto& f : plan_) result.faults.push_back(to_string(f));
  result.seconds = std::chrono::duration<double>(lab_->time().now().time_since_epoch()).count();
  result.steps = steps_;
  if (traces_ && !result.passed()) lab_->told().tell("simulation", "violated: " + result.failure);
  result.trace = std::move(trace_);
  return result;
}

}  // namespace corka::simulation_parts
