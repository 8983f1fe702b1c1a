// What a tester writes and shows: records, rows, commits, failures, the story.
#include <corka/corka.hpp>
#include <corka/tester.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>

namespace corka {

namespace {

using namespace std::chrono_literals;

struct profile {
  std::string name;
  int age = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(profile, name, age)

const stream<std::string> words{"words"};
const stream<std::string> echoes{"echoes"};
const table<profile> profiles{"profiles"};

group<std::string> echoing() {
  group<std::string> g{"echoing"};
  g.input(words, [](context<std::string>& ctx, const std::string& w) {
     if (w == "fail") ctx.fail("a word that fails");
     ctx.set(w);
     emit_options with;
     for (const auto& h : ctx.headers())
       with.headers.push_back({std::string{h.name}, std::string{h.value.value_or("")}});
     with.timestamp = ctx.timestamp() + 1h;
     ctx.emit(echoes, ctx.key(), w + "!", with);
   }).output(echoes);
  return g;
}

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

TEST_SUITE("tester: values") {
  TEST_CASE("records are emitted with headers and timestamps, and trackers show both") {
    tester t{{.partitions = 1}};
    INFO(t);
    t.add(echoing());
    auto heard = t.track(echoes);
    CHECK_FALSE(heard.next());
    const auto at = std::chrono::system_clock::time_point{1'000'000s};
    const auto first = t.emit(words, "k", "one", {.headers = {{"trace", "42"}}, .timestamp = at});
    const auto second = t.emit(words, "k", "two");
    CHECK(first.offset == offset{0});
    CHECK(second.offset == offset{1});
    t.settle();

    const auto one = heard.next();
    REQUIRE(one);
    CHECK(one->key == "k");
    CHECK(one->value == "one!");
    CHECK(one->header_value("trace") == "42");
    CHECK_FALSE(one->header_value("nothing"));
    CHECK(one->timestamp == at + 1h);
    CHECK(one->partition == first.partition);
    CHECK(one->offset == offset{0});
    CHECK(printed(*one) == "echoes/0@0 k = \"one!\" [trace: 42]");
    const auto rest = heard.all();
    REQUIRE(rest.size() == 1);
    CHECK(rest.front().value == "two!");
    CHECK(rest.front().headers.empty());
    CHECK_FALSE(heard.next());

    CHECK(t.track(echoes).all().size() == 2);  // each tracker begins at the beginning
    auto later = t.track(echoes);
    later.skip();
    t.emit(words, "k", "three");
    t.settle();
    CHECK(later.next()->value == "three!");
  }

  TEST_CASE("trackers merge partitions by timestamp") {
    tester t;
    for (int i = 0; i < 20; ++i) {
      t.emit(words, "key" + std::to_string(i), std::to_string(i));
      t.advance(1ms);
    }
    auto said = t.track(words);
    for (int i = 0; i < 20; ++i) CHECK(said.next()->value == std::to_string(i));
  }

  TEST_CASE("rows are read, written, erased, listed and printed") {
    tester t;
    INFO(t);
    auto rows = t.table(profiles);
    CHECK(rows["anna"] == std::nullopt);
    CHECK_THROWS_WITH_AS((void)*rows["anna"], doctest::Contains("table 'profiles' has no row 'anna'"), tester_failure);
    rows["anna"] = profile{"Anna", 30};
    rows["bert"] = profile{"Bert", 40};
    CHECK(rows["anna"]->age == 30);
    CHECK((*rows["bert"]).name == "Bert");
    CHECK(rows.size() == 2);
    t.advance(1ms);
    rows["anna"] = tombstone;
    CHECK_FALSE(rows["anna"]);
    CHECK(rows.rows().size() == 1);
    CHECK(printed(rows["bert"]) == R"({"age":40,"name":"Bert"})");
    CHECK(printed(rows["anna"]) == "(no row)");
    CHECK(printed(rows) == "bert = {\"age\":40,\"name\":\"Bert\"}\n");
    CHECK(t.track(profiles).all().back().value == std::nullopt);
  }

  TEST_CASE("rows of a group's own table are set before it runs, and are its own from then on") {
    const auto g = echoing();
    tester t;
    INFO(t);
    t.add(g);
    t.table(g)["k"] = "set";
    CHECK(t.table(g)["k"] == "set");
    const auto seen = t.add_view(g.table());
    t.settle();
    CHECK(seen->get("k") == "set");
    CHECK_THROWS_WITH_AS(t.table(g)["k"] = "again", doctest::Contains("while it is stopped"), tester_failure);
    t.instance("a").stop();
    t.table(g)["k"] = "again";
    t.instance("a").start();
    t.settle();
    CHECK(seen->get("k") == "again");
  }

  TEST_CASE("commits are told by partition, and nothing is where nothing was committed") {
    tester t{{.partitions = 2}};
    INFO(t);
    const auto g = echoing();
    t.create(words, 2);
    const auto nothing = t.commits(g);
    CHECK_FALSE(nothing.at("words", 0));
    t.add(g);
    const auto where = t.emit(words, "k", "one");
    CHECK(t.commits(g).lag() == 1);
    t.settle();
    CHECK(t.commits(g).at("words", where.partition.value) == 1);
    CHECK(t.commits(g).lag() == 0);
    CHECK(printed(t.commits(g)).find("at 1 of 1") != std::string::npos);
  }

  TEST_CASE(
      "topics are made as they are used, with as many partitions as was said, or as those that belong to them have") {
    tester t{{.partitions = 3}};
    INFO(t);
    t.create(words, 5);
    const auto p = t.add(echoing());
    CHECK_THROWS_WITH_AS(t.create(table<std::string>{"echoing-table"}, 3), doctest::Contains("with 5 partitions"),
                         error);
    CHECK_THROWS_WITH_AS(t.create(echoes, 5), doctest::Contains("is there already, with 3 partitions"), error);
    t.emit(stream<std::string>{"others"}, "k", "made now");
    CHECK_THROWS_WITH_AS(t.create(stream<std::string>{"others"}, 3), doctest::Contains("with 3 partitions"), error);
    t.settle();
    CHECK(p->status().partitions_total == 5);
  }

  TEST_CASE("failed deliveries follow the group's policy: as many as were asked for, of that topic") {
    auto g = echoing();
    failure_policies policies;
    policies.delivery = skip_record{};
    g.on_failure(policies);
    tester t;
    INFO(t);
    t.add(g);
    t.fail_deliveries(echoes, 2);
    for (int i = 0; i < 5; ++i) t.emit(words, "k", std::to_string(i));
    t.settle();
    CHECK(t.track(echoes).all().size() == 3);
    CHECK(t.commits(g).lag() == 0);
  }

  TEST_CASE("deliveries that time out take the partition back to its last commit, and are tried again") {
    const auto g = echoing();
    tester t;
    INFO(t);
    const auto p = t.add(g);
    t.settle();
    t.fail_deliveries(echoes, 1, errc::timed_out);
    t.emit(words, "k", "one");
    t.settle();
    CHECK(t.track(echoes).all().size() == 1);
    std::uint64_t rewinds = 0;
    for (const auto& s : p->status().partitions) rewinds += s.rewinds;
    CHECK(rewinds == 1);
  }

  TEST_CASE("settling throws what made a processor fail, once, with the story") {
    const auto g = echoing();
    tester t;
    t.add(g);
    t.emit(words, "k", "fail");
    try {
      t.settle();
      FAIL("nothing was thrown");
    } catch (const tester_failure& e) {
      const std::string text = e.what();
      INFO(text);
      CHECK(text.find("the processor of group 'echoing' on instance 'a' has failed") == 0);
      CHECK(text.find("a word that fails") != std::string::npos);
      CHECK(text.find("what happened:\n") != std::string::npos);
      CHECK(text.find("0.000 s  test    writes words/") != std::string::npos);
    }
    t.settle();
    CHECK(t.commits(g).lag() == 1);
  }

  TEST_CASE("stopping throws it too, if nobody was told before, and the instance is stopped all the same") {
    tester t;
    t.add(echoing());
    t.emit(words, "k", "fail");
    t.advance(std::chrono::seconds{1});
    CHECK_THROWS_WITH_AS(t.instance("a").stop(), doctest::Contains("a word that fails"), tester_failure);
    CHECK_FALSE(t.instance("a").runs());
  }

  TEST_CASE("settling that cannot end says what is left") {
    group<> g{"deferring"};
    std::optional<deferred> kept;
    g.input(words, [&](context<void>& ctx, const std::string&) { kept.emplace(ctx.defer()); });
    tester t;
    t.add(g);
    const auto at = t.emit(words, "k", "one");
    CHECK_THROWS_WITH_AS(t.settle(), doctest::Contains("1 deferred records are not completed"), tester_failure);
    kept->complete();
    t.settle();
    CHECK(t.commits(g).at("words", at.partition.value) == 1);
  }

  TEST_CASE("the story tells what each instance did, in order, with virtual times, and is bounded") {
    tester t{{.partitions = 1, .story_lines = 40}};
    t.add(echoing());
    t.emit(words, "k", "one");
    t.settle();
    const auto story = printed(t);
    std::size_t at = 0;
    for (const auto* part :
         {"test    writes words/0@0 \"k\" = \"one\"", "a       starts", "a       echoing is given partitions 0",
          "a       reads words/0@0, 1 records", "a       writes echoing-table/0 \"k\" = \"one\"",
          "a       writes echoes/0 \"k\" = \"one!\"", "a       echoing commits words/0@1"}) {
      const auto found = story.find(part, at);
      INFO(story);
      INFO(part);
      REQUIRE(found != std::string::npos);
      at = found;
    }
    CHECK(story.find("    1.") != std::string::npos);  // the commit's second
    for (int i = 0; i < 100; ++i) t.emit(words, "k", std::to_string(i));
    const auto later = t.story();
    CHECK(later.find("earlier lines are left out") != std::string::npos);
    CHECK(std::ranges::count(later, '\n') == 41);
    CHECK(later.find("\"99\"") != std::string::npos);
  }

  TEST_CASE("equal tests run equally: their stories are the same, byte for byte") {
    const auto told = [] {
      tester t;
      t.add(echoing());
      t.instance("b").start();
      t.instance("a").start();
      for (int i = 0; i < 30; ++i) t.emit(words, "key" + std::to_string(i), "x");
      t.settle();
      t.instance("b").kill();
      for (int i = 0; i < 30; ++i) t.emit(words, "key" + std::to_string(i), "y");
      t.settle();
      return t.story();
    };
    CHECK(told() == told());
  }
}

}  // namespace corka
