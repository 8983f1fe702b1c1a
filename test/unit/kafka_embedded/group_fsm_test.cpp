#include "kafka/embedded/group_fsm.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::kafka::embedded;
using namespace std::chrono_literals;

namespace {

std::string listed(const std::vector<partition_id>& partitions) {
  std::string s;
  for (const auto p : partitions) s += (s.empty() ? "" : ",") + std::to_string(p.value);
  return s;
}

/// A group in words: "join a", "join a as one", "leave a", "ok a" (accepts), "free a 0,1", "beat a", "expire a", "wait
/// 500". The answer is what it says to its members: "a+0,1" given, "a-0" asked back, "a expired", "a fenced".
class script {
 public:
  script(membership protocol, std::int32_t partitions) : fsm{protocol, partitions} {}

  std::string operator()(const std::string& line) {
    std::istringstream words{line};
    std::string verb;
    std::string member;
    std::string rest;
    words >> verb >> member >> rest;
    group_fsm::actions said;
    if (verb == "join") {
      std::string instance;
      words >> instance;
      said = fsm.join({member, instance, 1000ms, 5000ms}, now);
    } else if (verb == "leave") {
      said = fsm.leave(member, now);
    } else if (verb == "ok") {
      said = fsm.accepted(member, now);
    } else if (verb == "free") {
      std::vector<partition_id> partitions;
      std::istringstream list{rest};
      for (std::string p; std::getline(list, p, ',');) partitions.emplace_back(std::stoi(p));
      said = fsm.released(member, partitions, now);
    } else if (verb == "beat") {
      said = fsm.heartbeat(member, now);
    } else if (verb == "expire") {
      said = fsm.expire(member, now, "asked to");
    } else if (verb == "grow") {
      said = fsm.grow(std::stoi(member), now);
    } else if (verb == "wait") {
      now += std::chrono::milliseconds{std::stoi(member)};
    } else {
      FAIL("what is " << line);
    }
    std::string answer;
    for (const auto& a : said) {
      if (!answer.empty()) answer += ' ';
      answer += a.member;
      if (const auto* give = std::get_if<group_fsm::give>(&a.what)) answer += "+" + listed(give->partitions);
      if (const auto* take = std::get_if<group_fsm::take>(&a.what)) answer += "-" + listed(take->partitions);
      if (std::holds_alternative<group_fsm::expired>(a.what)) answer += " expired";
      if (std::holds_alternative<group_fsm::fenced>(a.what)) answer += " fenced";
    }
    return answer;
  }
  /// Runs lines of "command -> answer".
  void play(const std::vector<std::pair<std::string, std::string>>& lines) {
    for (const auto& [command, answer] : lines) {
      const auto said = (*this)(command);
      CHECK_MESSAGE(said == answer, command << " -> " << said);
    }
  }

  group_fsm fsm;
  clock::time_point now{};
};

}  // namespace

TEST_CASE("group: leases move one by one as they are given back, and only they") {
  script g{membership::lease, 4};
  g.play({{"join a", "a+0,1,2,3"},
          {"ok a", ""},
          {"join b", "a-2,3"},
          {"free a 2", "b+2"},
          {"free a 3", ""},  // b has not answered yet
          {"ok b", "b+3"},
          {"ok b", ""},
          {"leave b", "a+2,3"}});
}

TEST_CASE("group: nobody is asked twice before the first answer") {
  script g{membership::lease, 4};
  g.play({{"join a", "a+0,1,2,3"},
          {"join b", ""},  // a has not accepted yet
          {"join c", ""},
          {"ok a", "a-2,3"},
          {"leave b", ""},  // its share goes to those who stay
          {"free a 2,3", "c+2,3"},
          {"ok c", ""}});
  CHECK(g.fsm.holds("a", partition_id{0}));
  CHECK(g.fsm.holds("c", partition_id{3}));
}

TEST_CASE("group: a number that was asked back comes back when nobody else is left") {
  script g{membership::lease, 2};
  g.play({{"join a", "a+0,1"}, {"ok a", ""}, {"join b", "a-1"}, {"leave b", ""}, {"free a 1", "a+1"}});
}

TEST_CASE("group: a silent member's numbers go on after its session, not before") {
  script g{membership::lease, 2};
  g.play({{"join a", "a+0,1"},
          {"ok a", ""},
          {"join b", "a-1"},
          {"free a 1", "b+1"},
          {"ok b", ""},
          {"wait 400", ""},
          {"beat a", ""},
          {"wait 400", ""},
          {"beat a", ""},
          {"wait 200", ""},
          {"beat a", ""},
          {"wait 1", ""},
          {"beat a", "b expired a+1"}});
  CHECK_FALSE(g.fsm.knows("b"));
}

TEST_CASE("group: after the whole process stood still nobody is blamed for it") {
  script g{membership::lease, 2};
  g.play({{"join a", "a+0,1"},
          {"ok a", ""},
          {"join b", "a-1"},
          {"free a 1", "b+1"},
          {"ok b", ""},
          {"wait 30000", ""},
          {"beat a", ""},
          {"beat b", ""},
          {"wait 400", ""},
          {"beat a", ""},
          {"beat b", ""}});
  CHECK(g.fsm.members().size() == 2);
}

TEST_CASE("group: who answers nothing within max_poll_interval is out, heartbeats or not") {
  script g{membership::lease, 2};
  g.play({{"join a", "a+0,1"}, {"ok a", ""}, {"join b", "a-1"}});
  for (int i = 0; i < 10; ++i) g.play({{"wait 480", ""}, {"beat a", ""}, {"beat b", ""}});
  g.play({{"wait 480", ""}, {"beat a", "a expired b+0,1"}});
}

TEST_CASE("group: one that is expired by hand may join again") {
  script g{membership::lease, 2};
  g.play(
      {{"join a1", "a1+0,1"}, {"ok a1", ""}, {"expire a1", "a1 expired"}, {"free a1 0,1", ""}, {"join a2", "a2+0,1"}});
}

TEST_CASE("group: range takes all back before it deals, in the order of member ids") {
  script g{membership::range, 5};
  g.play({{"join b", "b+0,1,2,3,4"},
          {"ok b", ""},
          {"join a", "b-0,1,2,3,4"},
          {"free b 0,1,2", ""},
          {"free b 3,4", "a+0,1,2 b+3,4"},
          {"ok a", ""},
          {"ok b", ""},
          {"leave a", "b-3,4"},
          {"free b 3,4", "b+0,1,2,3,4"}});
}

TEST_CASE("group: range waits for everybody, also for those who have not answered the last deal") {
  script g{membership::range, 4};
  g.play({{"join a", "a+0,1,2,3"},
          {"join b", ""},
          {"ok a", "a-0,1,2,3"},
          {"join c", ""},
          {"free a 0,1,2,3", "a+0,1 b+2 c+3"}});
}

TEST_CASE("group: range goes on without one that dies while it is waited for") {
  script g{membership::range, 2};
  g.play({{"join a", "a+0,1"},
          {"ok a", ""},
          {"join b", "a-0,1"},
          {"wait 400", ""},
          {"beat b", ""},
          {"wait 400", ""},
          {"beat b", ""},
          {"wait 201", ""},
          {"beat b", "a expired b+0,1"}});
}

TEST_CASE("group: a static member takes its numbers with it into its next life") {
  for (const auto protocol : {membership::lease, membership::range}) {
    script g{protocol, 4};
    g("join a1 as one");
    g("ok a1");
    g("join b1 as two");
    if (protocol == membership::range) {
      g("free a1 0,1,2,3");
      g("ok a1");
    } else {
      g("free a1 2,3");
    }
    g("ok b1");
    g.play({{"leave a1", ""},
            {"wait 900", ""},
            {"beat b1", ""},
            {"join a2 as one", "a2+0,1"},
            {"ok a2", ""},
            {"beat b1", ""}});
    CHECK(g.fsm.members() == std::vector<std::string>{"a2", "b1"});
  }
}

TEST_CASE("group: a static member that stays away loses its numbers after the session") {
  script g{membership::lease, 2};
  g.play({{"join a as one", "a+0,1"},
          {"ok a", ""},
          {"join b", "a-1"},
          {"free a 1", "b+1"},
          {"ok b", ""},
          {"leave a", ""},
          {"wait 450", ""},
          {"beat b", ""},
          {"wait 450", ""},
          {"beat b", ""},
          {"wait 101", ""},
          {"beat b", "b+0"}});
}

TEST_CASE("group: of two with one instance id the older is fenced, and the newer has its numbers") {
  script g{membership::lease, 2};
  g.play({{"join a as one", "a+0,1"}, {"ok a", ""}, {"join b as one", "a fenced b+0,1"}, {"beat a", ""}});
  CHECK_FALSE(g.fsm.knows("a"));
}

TEST_CASE("group: whatever happens, a number has one holder, and in the end all are shared out evenly") {
  for (const auto protocol : {membership::lease, membership::range}) {
    for (unsigned seed = 1; seed <= 60; ++seed) {
      std::mt19937 random{seed};
      group_fsm fsm{protocol, 7};
      clock::time_point now{};
      struct mirror {
        std::set<partition_id> held;
        std::vector<partition_id> to_free;
        bool to_accept = false;
      };
      std::map<std::string, mirror> members;
      std::map<partition_id, std::string> owner;
      int names = 0;
      const auto apply = [&](const group_fsm::actions& said) {
        for (const auto& a : said) {
          auto& m = members.at(a.member);
          if (const auto* give = std::get_if<group_fsm::give>(&a.what)) {
            CHECK_FALSE(m.to_accept);
            CHECK(m.to_free.empty());
            m.to_accept = true;
            for (const auto p : give->partitions) {
              CHECK_MESSAGE(owner.emplace(p, a.member).second, "seed " << seed << ", partition " << p.value);
              m.held.insert(p);
            }
          } else if (const auto* take = std::get_if<group_fsm::take>(&a.what)) {
            CHECK_FALSE(m.to_accept);
            CHECK(m.to_free.empty());
            m.to_free = take->partitions;
          }
        }
      };
      const auto forget = [&](const std::string& name) {
        for (const auto p : members[name].held) owner.erase(p);
        members.erase(name);
      };
      const auto answer = [&](const std::string& name) {
        auto& m = members[name];
        if (m.to_accept) {
          m.to_accept = false;
          apply(fsm.accepted(name, now));
        } else if (!m.to_free.empty()) {
          const std::vector<partition_id> one{m.to_free.back()};
          m.to_free.pop_back();
          m.held.erase(one.front());
          owner.erase(one.front());
          apply(fsm.released(name, one, now));
        }
      };
      const auto any = [&] {
        return std::next(members.begin(), static_cast<std::ptrdiff_t>(random() % members.size()))->first;
      };
      for (int step = 0; step < 200; ++step) {
        now += 10ms;
        const auto what = random() % 10;
        if (members.empty() || what == 0) {
          const auto name = "m" + std::to_string(++names);
          members[name];
          apply(fsm.join({name, "", 1h, 1h}, now));
        } else if (what == 1) {
          const auto name = any();
          forget(name);
          apply(fsm.leave(name, now));
        } else {
          answer(any());
        }
      }
      if (members.empty()) continue;
      for (int step = 0; step < 2000; ++step) answer(any());
      CHECK(owner.size() == 7);
      for (const auto& [name, m] : members) {
        CHECK(m.held.size() >= 7 / members.size());
        CHECK(m.held.size() <= 7 / members.size() + 1);
      }
    }
  }
}

TEST_CASE("group: numbers that come later are shared, and the rest stays where it is") {
  script g{membership::lease, 2};
  g.play({{"join a", "a+0,1"},
          {"ok a", ""},
          {"join b", "a-1"},
          {"free a 1", "b+1"},
          {"ok b", ""},
          {"grow 4", "a+2 b+3"},
          {"ok a", ""},
          {"ok b", ""},
          {"grow 3", ""}});
}
