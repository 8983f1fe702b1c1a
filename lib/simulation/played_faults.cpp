// What goes wrong in a played run.
#include "kafka/embedded/coordinator.hpp"
#include "simulation/idle_member.hpp"
#include "simulation/played_run.hpp"

#include <corka/error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace corka::simulation_parts {

using namespace std::chrono_literals;

void played_run::schedule(const fault& f) {
  at(lab_->time().now() + f.at, [this, f] {
    if (traces_) lab_->told().tell("fault", to_string(f));
    begin(f);
  });
}

void played_run::begin(const fault& f) {
  auto& i = named(f.who % shape_.instances);
  auto& on = on_[{f.kind, f.who}];
  switch (f.kind) {
    case fault_kind::kill:
    case fault_kind::lose_power:
    case fault_kind::lose_copies: return begin_kill(f, i);
    case fault_kind::stop:
      if (!i.now || i.now->threads().suspended() || stopping_.contains(&i)) return;
      stop(i);
      return after(f.lasts, [this, &i] { start(i); });
    case fault_kind::suspend:
      if (!i.now || stopping_.contains(&i)) return;
      i.now->threads().suspend();
      break;
    case fault_kind::cut:
      if (on == 0) lab_->connect(i, false);
      break;
    case fault_kind::crash: return crash(f);
    case fault_kind::away:
      if (++on_[{fault_kind::away, 0}] == 1) lab_->set_reachable(false);
      return after(f.lasts, [this, f] { end(f); });
    case fault_kind::expire: return expire(f.more);
    case fault_kind::storm:
      for (int n = 0; n < 4; ++n) after(f.lasts * n / 4, [this, f] { storm(f.more); });
      return;
    case fault_kind::jump:
      lab_->time().jump(f.lasts);
      for (auto& [which, deadline] : stopping_) deadline += f.lasts;
      return;
    case fault_kind::set_clock:
      return lab_->time().set_wall_by(std::chrono::seconds{static_cast<std::int64_t>(f.more % 7'200) - 3'600});
    case fault_kind::compact:
      if (disk_->stopped()) return;
      try {
        lab_->broker().maintain(true);
      } catch (const error&) {
        if (!disk_->stopped() && !disk_->full()) throw;
      }
      return;
    case fault_kind::full_disk: stores_of(i.name)->set_full(true); break;
    case fault_kind::broker_full: disk_->set_full(true); break;
    default: network_->begin(f.kind);
  }
  ++on;
  after(f.lasts, [this, f] { end(f); });
}

void played_run::end(const fault& f) {
  auto& i = named(f.who % shape_.instances);
  switch (f.kind) {
    case fault_kind::away:
      if (--on_[{fault_kind::away, 0}] == 0) lab_->set_reachable(true);
      return;
    case fault_kind::suspend:
      if (--on_[{f.kind, f.who}] == 0 && i.now) i.now->threads().resume();
      return;
    case fault_kind::cut:
      if (--on_[{f.kind, f.who}] == 0) lab_->connect(i, true);
      return;
    case fault_kind::broker_full: {
      int left = 0;
      --on_[{f.kind, f.who}];
      for (const auto& [what, n] : on_) left += what.first == f.kind ? n : 0;
      disk_->set_full(left > 0);
      return;
    }
    case fault_kind::full_disk:
      if (--on_[{f.kind, f.who}] == 0) stores_of(i.name)->set_full(false);
      return;
    default: network_->end(f.kind);
  }
}

void played_run::crash(const fault& f) {
  if (crash_) return;
  crash_ = f;
  // In the middle of something it is about to do; but it does not wait for that for long.
  if (f.more % 3 > 0) disk_->stop_in(f.more / 3 % 16);
  after(f.more % 3 > 0 ? clock::duration{500ms} : clock::duration{}, [this] {
    if (!broker_down_) disk_->stop();
  });
}

void played_run::broker_is_down() {
  broker_down_ = true;
  if (++on_[{fault_kind::away, 0}] == 1) lab_->set_reachable(false);
  if (traces_) lab_->told().tell("broker", "has crashed");
  after(crash_->lasts, [this] { restart_broker(); });
}

void played_run::restart_broker() {
  if (disk_->full()) return after(100ms, [this] { restart_broker(); });
  const bool forgets = crash_->more / 64 % 3 == 0;
  crash_.reset();
  disk_->start();
  broker_down_ = false;
  if (traces_) lab_->told().tell("broker", forgets ? "is started again, and knows no members" : "is started again");
  lab_->broker().reopen(forgets);
  truth_.broker_reopened();
  if (--on_[{fault_kind::away, 0}] == 0) lab_->set_reachable(true);
}

const simulation::declared* played_run::group_by(std::uint64_t which) const {
  return parts_.groups.empty() ? nullptr : &parts_.groups[which % parts_.groups.size()];
}

void played_run::expire(std::uint64_t which) {
  const auto* g = group_by(which);
  if (g == nullptr) return;
  const auto members = lab_->broker().groups().members(g->what.name);
  if (members.empty()) return;
  const auto& who = members[which / 8 % members.size()];
  lab_->broker().expire(g->what.name, who.client_id);
}

void played_run::storm(std::uint64_t which) {
  const auto* g = group_by(which);
  auto& i = lab_->at(std::string{passer_by});
  if (g == nullptr || i.now) return;
  kafka::member_options options;
  options.group = g->what.name;
  options.driver = g->what.driver();
  options.protocol = g->options.protocol;
  options.session_timeout = g->options.session_timeout;
  options.heartbeat_interval = g->options.heartbeat_interval;
  options.client_id = "idle";
  const std::chrono::milliseconds stays{50 + static_cast<std::int64_t>(which / 16 % 1'500)};
  i.runs = {[options, stays] { return std::make_shared<idle_member>(options, stays); }};
  lab_->start(i);
}

void played_run::begin_kill(const fault& f, instance& i) {
  if (f.more / 64 % 3 > 0) {
    kills_.push_back({&i, f.more % 64, f.lasts, f.kind});
    return;
  }
  // While it saves something; but it does not wait for that for long.
  const auto stores = stores_of(i.name);
  const kill at_once{&i, 0, f.lasts, f.kind};
  const auto due = std::make_shared<bool>(true);
  stores->die_in(f.more / 192 % 4, [this, at_once, due] {
    *due = false;
    at_once.of->now->doom();
    kills_.push_back(at_once);
  });
  after(1s, [this, at_once, stores, due] {
    if (!*due) return;
    stores->die_no_more();
    kills_.push_back(at_once);
  });
}

void played_run::carry_out_kills() {
  for (std::size_t k = 0; k < kills_.size();) {
    auto& next = kills_[k];
    if (next.handlers-- > 0) {
      ++k;
      continue;
    }
    const auto now = next;
    kills_.erase(kills_.begin() + static_cast<std::ptrdiff_t>(k));
    lab_->kill(*now.of);
    stopping_.erase(now.of);
    auto& disk = stores_of(now.of->name)->disk();
    if (now.how == fault_kind::lose_power) disk.power_failed();
    if (now.how == fault_kind::lose_copies) disk.lost();
    after(now.down_for, [this, i = now.of] { start(*i); });
  }
}

}  // namespace corka::simulation_parts
