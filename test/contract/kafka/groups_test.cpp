// Groups with leases: sharing, moving, committing.
#include "contract/kafka/driven_member.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using numbers = std::set<std::int32_t>;
using namespace std::chrono_literals;

namespace {

struct lease_case {
  transport_user u;
  ownership book;
  topic_name driver;
  kafka::member_options options;

  explicit lease_case(std::int32_t partitions, membership protocol = membership::lease) : driver{u.topic(partitions)} {
    options.group = group_name{u.fixture->unique("group")};
    options.driver = driver;
    options.protocol = protocol;
    options.session_timeout = u.fixture->shortest_session();
    options.heartbeat_interval = 200ms;
    count = partitions;
  }

  std::unique_ptr<driven_member> member(const std::string& name) {
    return std::make_unique<driven_member>(u, book, name, options);
  }
  /// Waits until every number has an owner and the members hold these many, in order.
  void await(const std::vector<std::pair<driven_member*, std::size_t>>& sizes) {
    const bool shared = u.fixture->eventually([&] {
      for (const auto& [m, n] : sizes) {
        if (m->owned().size() != n) return false;
      }
      return book.owned() == static_cast<std::size_t>(count);
    });
    std::string held;
    for (const auto& [m, n] : sizes)
      held += m->name() + " " + std::to_string(m->owned().size()) + " of " + std::to_string(n) + "; ";
    CHECK_MESSAGE(shared, held);
    std::vector<driven_member*> members;
    for (const auto& [m, n] : sizes) members.push_back(m);
    tell(members);
  }
  /// Which numbers a member gets among others may be chance, and which of two ranges; how many, and what ranges, is
  /// not.
  void tell(const std::vector<driven_member*>& members) {
    const bool ranges = options.protocol == membership::range || options.protocol == membership::range_kip848;
    std::multiset<std::string> held;
    for (const auto* m : members) {
      std::string own;
      for (const auto p : m->owned()) own += " " + std::to_string(p);
      held.insert(ranges || members.size() == 1 ? "{" + own + " }" : std::to_string(m->owned().size()));
    }
    std::string line = "shared:";
    for (const auto& own : held) line += " " + own;
    u.tell(std::move(line));
  }

  std::int32_t count = 0;
};

}  // namespace

TEST_CASE("groups: the only member gets every number, and says that it is connected") {
  for (const auto protocol :
       {membership::lease, membership::lease_kip848, membership::range, membership::range_kip848}) {
    lease_case c{3, protocol};
    const auto a = c.member("a");
    c.await({{a.get(), 3}});
    CHECK(a->owned() == numbers{0, 1, 2});
    CHECK(c.u.fixture->eventually([&] { return a->connected(); }));
  }
}

TEST_CASE(
    "groups: a second and a third member get their share, with the fewest moves, and what is kept is left alone") {
  lease_case c{8};
  const auto a = c.member("a");
  c.await({{a.get(), 8}});
  c.book.forget_moves();
  const auto b = c.member("b");
  c.await({{a.get(), 4}, {b.get(), 4}});
  CHECK(c.book.moves() == 4);

  c.book.forget_moves();
  const auto kept_a = a->owned();
  const auto kept_b = b->owned();
  a->forget_history();
  b->forget_history();
  const auto third = c.member("c");
  CHECK(c.u.fixture->eventually([&] { return third->owned().size() == 2 && c.book.owned() == 8; }));
  CHECK(c.book.moves() == 2);
  c.tell({a.get(), b.get(), third.get()});
  for (const auto p : a->owned()) CHECK(kept_a.contains(p));
  for (const auto p : b->owned()) CHECK(kept_b.contains(p));
  for (const auto* m : {a.get(), b.get()}) {
    for (const auto& line : m->history()) CHECK(line.find('+') == std::string::npos);
  }

  c.book.forget_moves();
  b->close();
  CHECK(c.u.fixture->eventually([&] { return c.book.owned() == 8; }));
  CHECK(a->owned().size() == 4);
  CHECK(third->owned().size() == 4);
  c.tell({a.get(), third.get()});
  CHECK(c.book.moves() <= 3);
}

TEST_CASE("groups: the same with the new consumer protocol") {
  lease_case c{8, membership::lease_kip848};
  const auto a = c.member("a");
  c.await({{a.get(), 8}});
  c.book.forget_moves();
  const auto b = c.member("b");
  c.await({{a.get(), 4}, {b.get(), 4}});
  CHECK(c.book.moves() == 4);
}

TEST_CASE("groups: a number comes to its next owner only after it was given back") {
  lease_case c{2};
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  a->hold();
  const auto b = c.member("b");
  REQUIRE(c.u.fixture->eventually([&] { return a->asked_back(); }));
  CHECK_FALSE(c.u.fixture->eventually([&] { return !b->owned().empty(); }, 500ms));
  CHECK(a->owned().size() == 2);
  a->let_go();
  c.await({{a.get(), 1}, {b.get(), 1}});
}

TEST_CASE("groups: more members than numbers leave some without, until one leaves") {
  lease_case c{1};
  auto a = c.member("a");
  c.await({{a.get(), 1}});
  const auto b = c.member("b");
  CHECK_FALSE(c.u.fixture->eventually([&] { return !b->owned().empty(); }, 500ms));
  CHECK(a->owned() == numbers{0});
  a->close();
  c.await({{b.get(), 1}});
}

TEST_CASE("groups: the numbers of a member that was killed go to the others after its session") {
  lease_case c{4};
  const auto a = c.member("a");
  c.await({{a.get(), 4}});
  const auto b = c.member("b");
  c.await({{a.get(), 2}, {b.get(), 2}});
  const auto kept = a->owned();
  a->forget_history();
  const auto killed = c.u.fixture->time().now();
  b->kill();
  c.await({{a.get(), 4}});
  CHECK(c.u.fixture->time().now() - killed <= c.options.session_timeout + 5s);
  for (const auto& line : a->history()) CHECK(line.find('-') == std::string::npos);
}

TEST_CASE("groups: positions are committed for the group, and found by the next member") {
  lease_case c{2};
  {
    const auto a = c.member("a");
    c.await({{a.get(), 2}});
    CHECK_FALSE(a->committed(c.driver, 0).has_value());
    CHECK_FALSE(a->commit(c.driver, 0, 42));
    CHECK_FALSE(a->commit(c.driver, 0, 43));
    CHECK(a->committed(c.driver, 0) == 43);
    CHECK_FALSE(a->committed(c.driver, 1).has_value());
  }
  const auto b = c.member("b");
  c.await({{b.get(), 2}});
  CHECK(b->committed(c.driver, 0) == 43);
}

TEST_CASE("groups: positions of topics beside the driver are committed, too") {
  lease_case c{2};
  const auto beside = c.u.topic(2);
  c.options.beside = {beside};
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  CHECK_FALSE(a->commit(beside, 1, 7));
  CHECK(a->committed(beside, 1) == 7);
  CHECK_FALSE(a->committed(c.driver, 1).has_value());
}

TEST_CASE("groups: who does not hold a number cannot commit for it") {
  lease_case c{2};
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  const auto b = c.member("b");
  c.await({{a.get(), 1}, {b.get(), 1}});
  const auto others = *a->owned().begin();
  CHECK(b->commit(c.driver, others, 5) == errc::not_assigned);
  CHECK_FALSE(a->committed(c.driver, others).has_value());
}

TEST_CASE("groups: what is asked back can be committed until it is given back") {
  lease_case c{2};
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  a->hold();
  const auto b = c.member("b");
  REQUIRE(c.u.fixture->eventually([&] { return a->asked_back(); }));
  std::error_code last;
  CHECK(c.u.fixture->eventually([&] { return !(last = a->commit(c.driver, 0, 9)); }));
  CHECK(c.u.fixture->eventually([&] { return !(last = a->commit(c.driver, 1, 9)); }));
  a->let_go();
  c.await({{a.get(), 1}, {b.get(), 1}});
  CHECK(b->committed(c.driver, *b->owned().begin()) == 9);
}

TEST_CASE("groups: a closed member hears no more") {
  lease_case c{1};
  const auto a = c.member("a");
  c.await({{a.get(), 1}});
  a->close();
  CHECK(a->ended() == errc::stopped);
}

TEST_CASE("groups: two groups on one topic know nothing of each other") {
  lease_case c{2};
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  CHECK_FALSE(a->commit(c.driver, 0, 3));
  ownership other_book;
  auto other = c.options;
  other.group = group_name{c.u.fixture->unique("group")};
  driven_member b{c.u, other_book, "b", other};
  CHECK(c.u.fixture->eventually([&] { return other_book.owned() == 2; }));
  CHECK(a->owned().size() == 2);
  CHECK_FALSE(b.committed(c.driver, 0).has_value());
}

TEST_CASE("groups: a member reads its numbers, of any topic, through sources of its own") {
  lease_case c{2};
  c.u.send(c.driver, 1, "k", "driver");
  const auto beside = c.u.topic(2);
  c.u.send(beside, 1, "k", "beside");
  c.u.settle_sends();
  c.options.beside = {beside};
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  const auto first = a->get().open({c.driver, partition_id{1}}, offset{0}, c.u.arrived.remote());
  const auto second = a->get().open({beside, partition_id{1}}, offset{0}, c.u.arrived.remote());
  CHECK(to_lines(c.u.read_to(*first, 1)) == std::vector<std::string>{"0 k=driver"});
  CHECK(to_lines(c.u.read_to(*second, 1)) == std::vector<std::string>{"0 k=beside"});
}

TEST_CASE("groups: with range, members hold contiguous ranges of all inputs") {
  lease_case c{5, membership::range};
  c.options.beside = {c.u.topic(5)};
  const auto a = c.member("a");
  c.await({{a.get(), 5}});
  const auto b = c.member("b");
  CHECK(c.u.fixture->eventually([&] {
    return c.book.owned() == 5 && ((a->owned() == numbers{0, 1, 2} && b->owned() == numbers{3, 4}) ||
                                   (b->owned() == numbers{0, 1, 2} && a->owned() == numbers{3, 4}));
  }));
  c.tell({a.get(), b.get()});
  // Eager: everything was given back first.
  CHECK(std::find(a->history().begin(), a->history().end(), "-0 -1 -2 -3 -4") != a->history().end());
}

TEST_CASE(
    "groups: a static member that comes back within its session gets the same numbers, and nobody else is touched") {
  for (const auto protocol : {membership::lease, membership::range}) {
    lease_case c{4, protocol};
    c.options.session_timeout = std::max<std::chrono::milliseconds>(c.options.session_timeout, 5s);
    c.options.instance_id = "one";
    auto a = c.member("a");
    c.await({{a.get(), 4}});
    c.options.instance_id = "two";
    const auto b = c.member("b");
    c.await({{a.get(), 2}, {b.get(), 2}});
    const auto had = a->owned();
    b->forget_history();
    a->close();
    c.options.instance_id = "one";
    a = c.member("a");
    c.await({{a.get(), 2}, {b.get(), 2}});
    CHECK(a->owned() == had);
    CHECK(b->history().empty());
  }
}

TEST_CASE("groups: of two members with one instance id the older one ends") {
  lease_case c{2};
  c.options.instance_id = "same";
  const auto a = c.member("a");
  c.await({{a.get(), 2}});
  c.book.allow_two();
  const auto b = c.member("b");
  CHECK(c.u.fixture->eventually([&] { return a->ended().has_value(); }));
  CHECK(a->ended() == errc::duplicate_instance);
  CHECK(c.u.fixture->eventually([&] { return b->owned() == numbers{0, 1}; }));
}

TEST_CASE("groups: the coordinator tells who is in a group, and what each holds") {
  for (const auto protocol :
       {membership::lease, membership::lease_kip848, membership::range, membership::range_kip848}) {
    CAPTURE(static_cast<int>(protocol));
    lease_case c{4, protocol};
    const auto a = c.member("a");
    c.await({{a.get(), 4}});
    const auto b = c.member("b");
    c.await({{a.get(), 2}, {b.get(), 2}});
    const auto members = [&] { return c.u.run(c.u.admin->members(c.options.group)); };
    const auto held_of = [](const kafka::member_description& m) {
      numbers held;
      for (const auto& tp : m.holds) held.insert(tp.partition.value);
      return held;
    };
    std::map<std::string, numbers> by_id;
    // A member may have been told before the coordinator tells others.
    CHECK(c.u.fixture->eventually([&] {
      by_id.clear();
      for (const auto& m : members()) by_id[m.id] = held_of(m);
      return by_id.size() == 2 && by_id[a->get().id()] == a->owned() && by_id[b->get().id()] == b->owned();
    }));
    CHECK_FALSE(a->get().id().empty());
    for (const auto& m : members()) CHECK(m.client_id == (m.id == a->get().id() ? "a" : "b"));
    b->close();
    CHECK(c.u.fixture->eventually([&] {
      const auto left = members();
      return left.size() == 1 && held_of(left.front()) == numbers{0, 1, 2, 3};
    }));
    a->close();
  }
}

TEST_CASE("groups: a group that nobody made has no members") {
  transport_user u;
  CHECK(u.run(u.admin->members(group_name{u.fixture->unique("no-such-group")})).empty());
}
