#include "system/chaos/chaos_plan.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

namespace corka::test {

namespace {

using std::chrono::milliseconds;

class planner {
 public:
  planner(std::uint64_t seed, std::size_t members, milliseconds session_timeout)
      : random_{seed}, down_until_(members), session_timeout_{session_timeout} {}

  std::vector<step> plan(milliseconds length) {
    milliseconds now{500};
    while (now < length) {
      strike(now);
      now += between(500, 4'000);
    }
    return std::move(steps_);
  }

 private:
  /// In whole milliseconds. Not by a distribution of the library's: these differ from one to another.
  milliseconds between(std::int64_t least, std::int64_t most) {
    return milliseconds{least + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1))};
  }

  void strike(milliseconds now) {
    const auto kind = random_() % 10;
    if (kind == 0) return strike_broker(now);
    std::vector<std::size_t> up;
    for (std::size_t m = 0; m < down_until_.size(); ++m) {
      if (down_until_[m] < now) up.push_back(m);
    }
    if (up.size() < 2) return;
    const auto member = up[random_() % up.size()];
    const bool freezes = kind >= 8;
    const auto back = now + (freezes ? session_timeout_ + between(500, 4'000) : between(200, 5'000));
    down_until_[member] = back;
    add(now, freezes ? blow::freeze_member : kind < 5 ? blow::kill_member : blow::stop_member, member);
    if (!freezes && random_() % 3 == 0) add(back, blow::forget_copies, member);
    add(back, freezes ? blow::thaw_member : blow::start_member, member);
  }

  void strike_broker(milliseconds now) {
    if (now <= broker_down_until_) return;
    broker_down_until_ = now + between(500, 8'000);
    add(now, blow::kill_broker, 0);
    add(broker_down_until_, blow::restart_broker, 0);
  }

  void add(milliseconds at, blow what, std::size_t member) {
    // Steps of the same time stay in order: copies are deleted before the member starts again.
    steps_.insert(std::ranges::upper_bound(steps_, at, {}, &step::at), {at, what, member});
  }

  std::mt19937_64 random_;
  std::vector<milliseconds> down_until_;
  milliseconds session_timeout_;
  milliseconds broker_down_until_{};
  std::vector<step> steps_;
};

}  // namespace

std::vector<step> make_plan(std::uint64_t seed, milliseconds length, std::size_t members,
                            milliseconds session_timeout) {
  return planner{seed, members, session_timeout}.plan(length);
}

std::string to_string(const step& s) {
  static constexpr std::array names{"kill member",   "stop member", "start member", "forget the copies of member",
                                    "freeze member", "thaw member", "kill broker",  "restart broker"};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1fs %s", static_cast<double>(s.at.count()) / 1'000,
                names.at(static_cast<std::size_t>(s.what)));
  const bool of_broker = s.what == blow::kill_broker || s.what == blow::restart_broker;
  return of_broker ? text.data() : text.data() + (" " + std::to_string(s.member));
}

}  // namespace corka::test
