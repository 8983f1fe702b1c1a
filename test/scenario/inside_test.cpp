// What a running program says of itself, and what can be started from outside.
#include "app/actions.hpp"
#include "app/letter_reader.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "kafka/ports.hpp"
#include "processor/runtime_core.hpp"
#include "query/action_board.hpp"
#include "support/world.hpp"

#include <corka/group.hpp>
#include <corka/json.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace corka {

namespace inside {

struct discount {
  std::int64_t percent = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(discount, percent)

}  // namespace inside

namespace {

using inside::discount;

using namespace std::chrono_literals;
using test::caught_up;
using test::world;

const stream<std::string> orders{"orders"};
const stream<std::string> receipts{"receipts"};

struct not_json {};

/// Puts "poison" aside until it is mended, counts the rest; visitors raise the count.
group<std::int64_t> shop(const bool& mended) {
  group<std::int64_t> g{"g"};
  g.input(orders, [&mended](context<std::int64_t>& ctx, const std::string& text) {
    if (text == "poison" && !mended) throw std::runtime_error{"boom"};
    ctx.set(ctx.value().value_or(0) + 1);
    ctx.emit(receipts, ctx.key(), text);
  });
  g.output(receipts);
  g.on_failure({.callback = {.then = dead_letter{"dead"}}});
  g.visitor<discount>(
      "raise", [](context<std::int64_t>& ctx, const discount& d) { ctx.set(ctx.value().value_or(0) + d.percent); });
  g.visitor<not_json>("hidden", [](context<std::int64_t>&, const not_json&) {});
  return g;
}

struct open_shop {
  world w;
  bool mended = false;
  group<std::int64_t> g = shop(mended);
  std::optional<processor> p;
  test::running run;

  open_shop() {
    w.create("orders", 2);
    w.create("receipts", 1);
    w.create("dead", 3);
    p.emplace(g);
    run = w.start(*p, w.member("a"));
  }
  ~open_shop() { w.stop(*p, run); }
  void settle() {
    REQUIRE(w.until([&] { return caught_up(w, *p); }));
  }
  query::dead_letters_page letters(std::size_t limit, std::map<std::int32_t, std::int64_t> before = {}) {
    app_parts::letter_reader reader{w.member("a").on().core()};
    return w.threads.run(reader.read("dead", limit, std::move(before)));
  }
};

/// A dead-letter topic of one record, which arrives `after` a while, or never.
struct late_cluster final : kafka::cluster {
  kafka::cluster& real;
  executor ex;
  clock& time;
  std::optional<clock::duration> after;
  late_cluster(kafka::cluster& r, executor e, clock& t, std::optional<clock::duration> a)
      : real{r}, ex{std::move(e)}, time{t}, after{a} {}

  struct late_source final : kafka::record_source {
    late_cluster& of;
    clock::time_point there;
    explicit late_source(late_cluster& c) : of{c}, there{c.time.now() + c.after.value_or(1h)} {}
    bool poll(kafka::batch_limit, kafka::record_batch& into) override {
      if (of.time.now() < there) return false;
      into.position = offset{1};
      return true;
    }
    [[nodiscard]] offset_range known_range() const noexcept override { return {}; }
  };
  struct late_reader final : kafka::record_reader {
    late_cluster& of;
    explicit late_reader(late_cluster& c) : of{c} {}
    std::unique_ptr<kafka::record_source> open(const topic_partition&, offset,
                                               async::signal::notifier arrived) override {
      if (of.after) boost::asio::co_spawn(of.ex, tell(of.time, *of.after, arrived), boost::asio::detached);
      return std::make_unique<late_source>(of);
    }
    static task<> tell(clock& time, clock::duration after, async::signal::notifier arrived) {
      co_await async::sleep_for(time, after);
      arrived();
    }
  };
  struct one_record final : kafka::admin {
    task<std::vector<kafka::topic_description>> describe(std::vector<topic_name>) override {
      kafka::topic_description d;
      d.exists = true;
      d.partitions = 1;
      co_return std::vector{d};
    }
    task<std::vector<offset_range>> offsets(std::vector<topic_partition>) override {
      co_return std::vector{offset_range{offset{0}, offset{1}}};
    }
    task<std::vector<topic_name>> create(std::vector<kafka::new_topic>) override {
      co_return std::vector<topic_name>{};
    }
    task<std::vector<kafka::topic_settings>> settings(std::vector<topic_name>) override {
      co_return std::vector<kafka::topic_settings>{};
    }
    task<std::vector<kafka::member_description>> members(group_name) override {
      co_return std::vector<kafka::member_description>{};
    }
    task<std::vector<offset>> offsets_at(std::vector<topic_partition>, std::int64_t) override {
      co_return std::vector<offset>{};
    }
  };

  [[nodiscard]] std::string name() const override { return "late"; }
  std::unique_ptr<kafka::member> join(kafka::member_options o, executor e) override { return real.join(o, e); }
  std::unique_ptr<kafka::record_reader> reader(std::string, executor) override {
    return std::make_unique<late_reader>(*this);
  }
  std::shared_ptr<kafka::producer> make_producer(kafka::producer_options o, executor e) override {
    return real.make_producer(o, e);
  }
  std::shared_ptr<kafka::admin> make_admin(executor) override { return std::make_shared<one_record>(); }
};

/// A runtime whose cluster is another for a while.
struct with_late_letters {
  world w;
  runtime_core& core = w.member("a").on().core();
  std::shared_ptr<kafka::cluster> real = core.cluster;
  explicit with_late_letters(std::optional<clock::duration> after) {
    core.cluster = std::make_shared<late_cluster>(*real, w.threads.executor(), w.threads.time(), after);
  }
  ~with_late_letters() { core.cluster = real; }
};

}  // namespace

TEST_SUITE("inside") {
  TEST_CASE("dead letters are there when they arrive, and not waited for for ever") {
    with_late_letters soon{7ms};
    app_parts::letter_reader reader{soon.core};
    auto began = soon.w.threads.time().now();
    (void)soon.w.threads.run(reader.read("dead", 10, {}));
    CHECK(soon.w.threads.time().now() - began == 7ms);

    with_late_letters never{std::nullopt};
    app_parts::letter_reader patient{never.core};
    began = never.w.threads.time().now();
    CHECK_THROWS_WITH(never.w.threads.run(patient.read("dead", 10, {})), doctest::Contains("not read in time"));
    CHECK(never.w.threads.time().now() - began == 5s);
  }

  TEST_CASE("dead letters are read by a few at a time, each program's for itself") {
    with_late_letters late{7ms};
    app_parts::letter_reader one{late.core};
    app_parts::letter_reader other{late.core};
    const auto read = [](app_parts::letter_reader& by, int& refused) -> task<> {
      try {
        (void)co_await by.read("dead", 10, {});
      } catch (const error& e) { refused += e.kind() == errc::timed_out ? 1 : 0; }
    };
    int refused = 0;
    int refused_by_other = 0;
    async::task_group reading{late.w.threads.executor()};
    for (int i = 0; i < app_parts::letter_reader::most_at_once + 1; ++i) reading.spawn(read(one, refused));
    reading.spawn(read(other, refused_by_other));
    late.w.threads.run(reading.join());
    CHECK(refused == 1);
    CHECK(refused_by_other == 0);
  }

  TEST_CASE("a page of dead letters has no more bytes than it should, and the next one goes on") {
    open_shop s;
    constexpr std::size_t large = app_parts::letter_reader::page_bytes / 10;
    s.w.create("big", 3);
    for (int i = 0; i < 25; ++i) s.w.write_all("big", {{"k" + std::to_string(i), std::string(large, 'x')}});
    app_parts::letter_reader reader{s.w.member("a").on().core()};
    std::map<std::int32_t, std::int64_t> before;
    std::vector<std::string> keys;
    do {
      const auto page = s.w.threads.run(reader.read("big", 20, before));
      CHECK(page.records.size() <= 10);
      REQUIRE(!page.records.empty());
      for (const auto& r : page.records) keys.push_back(*r.key);
      before = page.next;
    } while (!before.empty());
    std::ranges::sort(keys);
    CHECK(std::ranges::adjacent_find(keys) == keys.end());
    CHECK(keys.size() == 25);
  }

  TEST_CASE("the status says what went where, how long it took, and when partitions came") {
    open_shop s;
    s.w.write_all("orders", {{"anna", "1"}, {"bob", "2"}, {"cleo", "3"}});
    s.settle();
    REQUIRE(s.w.until([&] {
      const auto now = s.p->status();
      return std::ranges::all_of(now.partitions, [](const auto& p) { return p.table->checkpoint_age.has_value(); });
    }));
    const auto now = s.p->status();
    REQUIRE(now.rebalance_history.size() == 1);
    CHECK(now.rebalance_history[0].what == rebalance_status::kind::assigned);
    CHECK(now.rebalance_history[0].partitions == std::vector<std::int32_t>{0, 1});
    std::uint64_t receipts_sent = 0;
    std::uint64_t aged = 0;
    for (const auto& p : now.partitions) {
      REQUIRE(p.outputs.size() == 1);
      CHECK(p.outputs[0].topic == "receipts");
      receipts_sent += p.outputs[0].out.records;
      CHECK(p.outputs[0].out.records == p.emitted.records);
      CHECK(std::accumulate(p.callback.buckets.begin(), p.callback.buckets.end(), std::uint64_t{0}) ==
            p.callback.count);
      aged += p.end_to_end.count;
    }
    CHECK(receipts_sent == 3);
    CHECK(aged > 0);
    REQUIRE(now.edges.size() == 4);
    CHECK(now.edges[0].topic == "orders");
    CHECK(now.edges[3].what == edge_status::kind::dead_letters);
    CHECK(s.p->options().commit_interval == 1s);
  }

  TEST_CASE("a partition that is given back is in the history too") {
    open_shop s;
    s.settle();
    processor second{s.g};
    const auto run = s.w.start(second, s.w.member("b"));
    REQUIRE(s.w.until([&] { return second.status().partitions.size() == 1 && s.p->status().partitions.size() == 1; }));
    const auto history = s.p->status().rebalance_history;
    CHECK(std::ranges::count(history, rebalance_status::kind::revoked, &rebalance_status::what) == 1);
    s.w.stop(second, run);
  }

  TEST_CASE("dead letters can be looked at, newest first, page by page") {
    open_shop s;
    CHECK(s.letters(10).records.empty());
    std::vector<std::pair<std::string, std::string>> poison;
    for (int i = 0; i < 25; ++i) poison.emplace_back("k" + std::to_string(i), "poison");
    s.w.write_all("orders", poison);
    s.settle();
    REQUIRE(s.w.records("dead").size() == 25);
    std::vector<std::string> keys;
    std::map<std::int32_t, std::int64_t> before;
    std::map<std::int32_t, std::int64_t> last;
    int pages = 0;
    do {
      const auto page = s.letters(10, before);
      for (const auto& r : page.records) {
        keys.push_back(*r.key);
        CHECK(r.value == "poison");
        const auto error = std::ranges::find(r.headers, "corka-error", [](const auto& h) { return h.first; });
        REQUIRE(error != r.headers.end());
        CHECK(error->second == "boom");
        // Each partition backwards.
        if (last.contains(r.partition)) CHECK(last[r.partition] == r.at + 1);
        last[r.partition] = r.at;
      }
      before = page.next;
      ++pages;
    } while (!before.empty() && pages < 10);
    CHECK(pages == 3);
    std::ranges::sort(keys);
    CHECK(std::ranges::adjacent_find(keys) == keys.end());
    CHECK(keys.size() == 25);
  }

  TEST_CASE("visitors that take JSON, and replays, can be started by name") {
    open_shop s;
    s.w.write_all("orders", {{"anna", "1"}, {"bob", "poison"}});
    s.settle();
    query::event_log log{s.w.threads.time()};
    query::action_board board{s.w.threads.executor(), s.w.threads.time(), log};
    for (auto& a : app_parts::actions_of({&*s.p}, s.w.member("a").on())) board.add(std::move(a));
    std::vector<std::string> ids;
    for (const auto& a : board.all()) ids.push_back(a.id);
    CHECK(ids == std::vector<std::string>{"visit:g:raise", "replay:dead"});

    auto begin = [&](const std::string& id, const std::string& input) {
      const auto begun =
          s.w.threads.run([](query::action_board& on, std::string what,
                             std::string with) -> task<std::variant<query::run_status, query::action_board::refused>> {
            co_return on.start(what, std::move(with));
          }(board, id, input));
      return begun;
    };
    CHECK(std::holds_alternative<query::action_board::refused>(begin("visit:g:raise", R"({"per":5})")));
    CHECK(std::holds_alternative<query::run_status>(begin("visit:g:raise", R"({"percent":5})")));
    REQUIRE(s.w.until([&] { return board.find(1)->state != query::run_state::running; }));
    CHECK(board.find(1)->state == query::run_state::completed);
    CHECK(board.find(1)->done == 1);
    CHECK(s.w.row(*s.p, "anna") == "6");

    s.mended = true;
    (void)begin("replay:dead", "null");
    REQUIRE(s.w.until([&] { return board.find(2)->state != query::run_state::running; }));
    CHECK(board.find(2)->message == "1 records sent back");
    s.settle();
    CHECK(s.w.row(*s.p, "bob") == "1");
    CHECK(s.w.threads.run(board.close(std::chrono::seconds{10})).empty());
  }
}

}  // namespace corka
