#include "query/monitor.hpp"

#include "async/task_group.hpp"
#include "query/changes.hpp"
#include "query/routes.hpp"
#include "support/fake_source.hpp"
#include "support/gunzip.hpp"
#include "support/http_loopback.hpp"

#include <boost/asio/co_spawn.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;
using nlohmann::json;
using query::look;

namespace {

look at(std::chrono::seconds when, std::vector<processor_status> all) {
  return {clock::time_point{when}, when.count() * 1'000, std::move(all), {}};
}

/// The events in a stream's bytes: names and data.
struct events {
  explicit events(const std::string& chunked) {
    // Chunks of HTTP: sizes are lines of their own.
    std::string text;
    for (std::size_t i = 0; i < chunked.size();) {
      const auto line = chunked.find("\r\n", i);
      const auto size = std::stoul(chunked.substr(i, line - i), nullptr, 16);
      text += chunked.substr(line + 2, size);
      i = line + 2 + size + 2;
    }
    if (text.starts_with("\x1f\x8b")) text = test::gunzip_begun(text);
    for (std::size_t i = 0; i < text.size();) {
      const auto end = text.find("\n\n", i);
      const auto one = "\n" + text.substr(i, end - i);
      i = end + 2;
      const auto field = [&one](const std::string& name) {
        const auto from = one.find("\n" + name + ": ");
        if (from == std::string::npos) return std::string{};
        const auto begin = from + name.size() + 3;
        return one.substr(begin, one.find('\n', begin) - begin);
      };
      names.push_back(field("event"));
      data.push_back(json::parse(field("data")));
      if (!field("id").empty()) last_id = field("id");
    }
  }
  [[nodiscard]] std::size_t count(const std::string& name) const {
    return static_cast<std::size_t>(std::count(names.begin(), names.end(), name));
  }
  [[nodiscard]] json first(const std::string& name) const {
    return data.at(static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
  }
  std::vector<std::string> names;
  std::vector<json> data;
  std::string last_id;
};

struct watched : test::http_loopback {
  test::fake_source source;
  query::event_log log{time};
  query::monitor monitor{loop.get_executor(), time, source, log};
  async::task_group running{loop.get_executor()};

  watched() {
    source.all = {test::some_processor("planes", 2)};
    source.all_views = {test::some_view("users", 1)};
    source.rows_of["planes-table"] = {};
    query::route_all(routes, source, monitor);
    start();
    boost::asio::post(loop, [this] { running.spawn(monitor.run()); });
    settle();
  }
  ~watched() {
    boost::asio::post(loop, [this] { monitor.stop(); });
    until([this] { return running.running() == 0; });
  }
  json get_json(const std::string& path) {
    const auto c = client();
    const auto r = c->get(path);
    CAPTURE(path);
    CHECK(r.status == 200);
    return json::parse(r.body);
  }
  /// A client that follows `path`, with what it got so far.
  std::unique_ptr<test::http_client> follow(const std::string& path, const std::string& fields = {}) {
    auto c = client();
    c->send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
    CHECK(c->receive(false).status == 200);
    return c;
  }
  events read(test::http_client& c, const std::function<bool(const events&)>& enough) {
    while (true) {
      until([&] { return c.unread().ends_with("\r\n"); });
      events e{c.unread()};
      if (enough(e)) return e;
      loop.run_one();
    }
  }
};

}  // namespace

TEST_CASE("samples: rates are what came between two looks") {
  auto before = test::some_processor("planes", 2);
  auto now = before;
  now.partitions[0].inputs[0].in = {310, 21'000};
  now.partitions[1].emitted.records += 50;
  now.partitions[1].table->written.records += 30;
  now.partitions[1].failures.failed += 4;
  now.partitions[1].inputs[0].lag_time = 9s;
  now.partitions[0].callback.buckets[2] = 99;
  now.partitions[0].callback.buckets[6] = 1;
  const auto s = query::difference(at(10s, {before}), at(12s, {now}));
  CHECK(s.t == 12'000);
  CHECK(s.total.in == 100);
  CHECK(s.total.in_bytes == 5'000);
  CHECK(s.total.out == 25);
  CHECK(s.total.written == 15);
  CHECK(s.total.failed == 2);
  CHECK(s.total.lag == 40);
  CHECK(s.total.lag_seconds == 9);
  CHECK(s.total.in_flight == 8);
  CHECK(s.total.callback_p50_us.value() > 2);
  CHECK(s.total.callback_p50_us.value() < 5);
  CHECK(s.total.callback_p99_us.value() == doctest::Approx(5));
  CHECK(s.processors.at(0).first == "planes");
  CHECK(s.processors.at(0).second.in == 100);
}

TEST_CASE("samples: a partition that came since counts all of its records, one that went none") {
  auto before = test::some_processor("planes", 2);
  auto now = test::some_processor("planes", 3);
  now.partitions.erase(now.partitions.begin());
  now.partitions[1].inputs[0].in.records = 30;
  const auto s = query::difference(at(1s, {before}), at(2s, {now}));
  CHECK(s.total.in == 30);
  // Assigned anew: its counts began again.
  now.partitions[0].inputs[0].in.records = 7;
  CHECK(query::difference(at(1s, {before}), at(2s, {now})).total.in == 37);
}

TEST_CASE("samples: unknown is not zero") {
  auto p = test::some_processor("planes", 1);
  p.partitions[0].inputs[0].lag.reset();
  p.partitions[0].inputs[0].lag_time.reset();
  const auto s = query::difference(at(1s, {p}), at(2s, {p}));
  CHECK_FALSE(s.total.lag);
  CHECK_FALSE(s.total.lag_seconds);
  CHECK_FALSE(s.total.callback_p99_us);
  CHECK(s.total.in == 0);
}

TEST_CASE("history: the last 15 minutes, drawn together as asked") {
  query::history h;
  CHECK(h.columns({})["t"].empty());
  for (int i = 1; i <= 1'000; ++i) {
    query::sample s;
    s.t = i;
    s.total.in = i;
    s.total.lag = i % 10;
    if (i > 990) s.processors.emplace_back("late", query::processor_sample{});
    if (i > 990) s.processors.back().second.in = 1;
    h.add(std::move(s));
  }
  auto c = h.columns({});
  CHECK(c["t"].size() == 900);
  CHECK(c["t"].front() == 101);
  CHECK(c["total"]["in"].back() == 1'000);
  CHECK(c["total"]["out"].back() == nullptr);
  REQUIRE(c["processors"]["late"]["in"].size() == 900);
  CHECK(c["processors"]["late"]["in"].front() == nullptr);
  CHECK(c["processors"]["late"]["in"].back() == 1);
  c = h.columns({.samples = 20, .step = 10});
  CHECK(c["step_seconds"] == 10);
  CHECK(c["t"] == json{990, 1'000});
  CHECK(c["total"]["in"] == json{985.5, 995.5});
  CHECK(c["total"]["lag"] == json{9, 9});
  CHECK(h.columns({.samples = 3, .step = 2})["t"] == json{998, 1'000});
}

TEST_CASE("history: only what is asked for, in so many digits") {
  query::history h;
  for (const double in : {0.0, 0.000'4, 0.126, 9.994, 123.456, 1'234'567.8}) {
    query::sample s;
    s.total.in = in;
    s.processors.emplace_back("planes", query::processor_sample{}).second.lag = in;
    h.add(std::move(s));
  }
  const auto c = h.columns({.digits = 3,
                            .total = std::vector<std::string_view>{"in"},
                            .processors = std::vector<std::string_view>{"lag", "out"},
                            .views = std::vector<std::string_view>{}});
  CHECK(c["total"] == json{{"in", {0, 0, 0.13, 9.99, 123, 1'230'000}}});
  CHECK(c["processors"]["planes"].size() == 2);
  CHECK(c["processors"]["planes"]["lag"] == c["total"]["in"]);
  CHECK(c["processors"]["planes"]["out"].back() == nullptr);
  CHECK(h.columns({})["total"]["in"].back() == 1'234'567.8);
}

TEST_CASE("changes: what partitions did alike is one entry") {
  auto before = test::some_processor("planes", 12);
  for (auto& p : before.partitions) p.state = partition_state::recovering;
  auto now = test::some_processor("planes", 12);
  now.partitions[3].failures.failed += 2;
  now.partitions[3].last_error = "no such plane";
  now.partitions[4].failures.dead_lettered += 1;
  now.rebalance_history.push_back({rebalance_status::kind::assigned, 5'000, 40ms, {2, 0, 1}});
  const auto all = query::changes(at(1s, {before}), at(2s, {now}));
  std::vector<std::string> told;
  for (const auto& e : all) told.push_back(e.message);
  CHECK(told == std::vector<std::string>{
                    "was given partitions 0 to 2 in 40 ms", "2 failures in partition 3: no such plane",
                    "1 record of partition 4 put aside", "partitions 0 to 11 are running after recovering"});
  CHECK(all[0].duration_ms == 40);
  CHECK(all[0].t == 5'000);
  CHECK(all[1].partition == 3);
  // Nothing is told twice.
  CHECK(query::changes(at(2s, {now}), at(3s, {now})).empty());
}

TEST_CASE("event log: keeps the last thousand, and what came after what one has") {
  virtual_clock time;
  query::event_log log{time};
  const auto sink = log.tee([](log_level, std::string_view, std::string_view) {});
  for (int i = 1; i <= 1'200; ++i) sink(log_level::warn, "planes/3", "line " + std::to_string(i));
  auto p = log.after(0);
  CHECK(p.entries.size() == 1'000);
  CHECK(p.dropped);
  CHECK(p.entries.front().message == "line 201");
  p = log.after(1'198);
  CHECK(p.entries.size() == 2);
  CHECK_FALSE(p.dropped);
  p = log.after(1'000, 3);
  CHECK(p.entries.front().id == 1'198);
  CHECK(p.dropped);
  sink(log_level::info, "x", std::string(100'000, 'x'));
  CHECK(log.after(1'200).entries.at(0).message.size() == query::event_log::message_bytes);
}

TEST_CASE("monitor: a look each second makes the history that a late page gets") {
  watched w;
  CHECK(w.get_json("/api/v1/history")["t"].empty());
  w.source.all[0].partitions[0].inputs[0].in.records += 10;
  w.advance(1s);
  w.source.all[0].partitions[0].inputs[0].in.records += 20;
  w.advance(1s);
  const auto h = w.get_json("/api/v1/history");
  CHECK(h["t"].size() == 2);
  CHECK(h["total"]["in"] == json{10, 20});
  CHECK(h["processors"]["planes"]["in"] == json{10, 20});
  CHECK(h["views"]["view-users"]["rows"] == json{40, 40});
  CHECK(w.get_json("/api/v1/history?seconds=1")["total"]["in"] == json{20});
  CHECK(w.get_json("/api/v1/summary")["total"]["in"] == 20);
  CHECK(w.get_json("/api/v1/processors/planes/partitions")["partitions"][0]["records_per_second"] == 20);
  CHECK(w.client()->get("/api/v1/history?step=0").status == 400);
  CHECK(w.get_json("/api/v1/history?total=in,lag&processors=&digits=1")["total"].size() == 2);
  CHECK(w.get_json("/api/v1/history?total=in,lag&processors=")["processors"]["planes"].empty());
  CHECK(w.get_json("/api/v1/history?total=in")["views"]["view-users"].size() == 6);
  for (const std::string wrong : {"total=in,nothing", "total=,in", "views=in_flight", "digits=0", "digits=16"}) {
    CAPTURE(wrong);
    CHECK(w.client()->get("/api/v1/history?" + wrong).status == 400);
  }
  const auto small = w.client()->get("/api/v1/history", "Accept-Encoding: gzip\r\n");
  CHECK(small.header("Content-Encoding").value() == "gzip");
  CHECK(small.body.starts_with("\x1f\x8b"));
}

TEST_CASE("monitor: a source that throws costs that second only") {
  struct moody final : query::source {
    bool broken = false;
    std::vector<processor_status> processors() const override {
      if (broken) throw std::runtime_error{"no status"};
      return {test::some_processor("planes", 1)};
    }
    std::vector<view_status> views() const override { return {}; }
    std::vector<std::string> tables() const override { return {}; }
    task<std::optional<query::row_answer>> row(std::string, std::string) const override { co_return std::nullopt; }
    task<std::optional<query::rows_answer>> rows(std::string, key_range, std::size_t) const override {
      co_return std::nullopt;
    }
  } source;
  test::http_loop on;
  query::event_log log{on.time};
  query::monitor monitor{on.loop.get_executor(), on.time, source, log};
  async::task_group running{on.loop.get_executor()};
  boost::asio::post(on.loop, [&] { running.spawn(monitor.run()); });
  on.advance(2s);
  source.broken = true;
  on.advance(3s);
  source.broken = false;
  on.advance(2s);
  CHECK(log.after(0).entries.size() == 3);
  CHECK(log.after(0).entries[0].message.find("no status") != std::string::npos);
  CHECK(monitor.past().columns({})["t"].size() == 4);
  boost::asio::post(on.loop, [&] { monitor.stop(); });
  on.until([&] { return running.running() == 0; });
}

TEST_CASE("events: a client is told what happens") {
  watched w;
  const auto c = w.follow("/api/v1/events");
  auto e = w.read(*c, [](const events& got) { return got.count("hello") == 1; });
  CHECK(e.first("hello")["resumed"] == false);
  w.source.all[0].state = processor_state::failed;
  w.source.all[0].error = "disk full";
  w.advance(1s);
  e = w.read(*c, [](const events& got) { return got.count("status") == 1; });
  CHECK(e.first("sample")["processors"]["planes"]["lag"] == 40);
  CHECK(e.first("log")["kind"] == "state");
  CHECK(e.first("log")["message"] == "failed: disk full");
  CHECK(e.first("log")["level"] == "error");
  CHECK(e.first("status")["processors"][0]["state"] == "failed");
  CHECK(e.first("status")["healthy"] == false);
  CHECK(w.get_json("/api/v1/log")["entries"].at(0)["message"] == "failed: disk full");
}

TEST_CASE("events: who takes it compressed gets each event at once, and the same pieces as everybody") {
  watched w;
  const auto c = w.follow("/api/v1/events", "Accept-Encoding: gzip\r\n");
  const auto plain = w.follow("/api/v1/events");
  CHECK(w.read(*c, [](const events& got) { return got.count("hello") == 1; }).first("hello")["resumed"] == false);
  for (std::size_t n = 1; n <= 3; ++n) {
    w.advance(1s);
    const auto enough = [n](const events& got) { return got.count("sample") == n && got.count("status") == n; };
    const auto small = w.read(*c, enough);
    CHECK(small.data == w.read(*plain, enough).data);
  }
  CHECK(c->unread().size() < plain->unread().size() / 2);
  const auto late = w.follow("/api/v1/events", "Accept-Encoding: gzip\r\n");
  const auto first = w.read(*late, [](const events& got) { return got.count("status") == 1; });
  CHECK(first.first("status")["processors"][0]["group"] == "planes");
}

TEST_CASE("events: who comes back gets what he missed, of this run of the program only") {
  watched w;
  std::string last;
  {
    const auto c = w.follow("/api/v1/events");
    w.advance(1s);
    last = w.read(*c, [](const events& got) { return got.count("sample") == 1; }).last_id;
  }
  w.advance(3s);
  {
    const auto c = w.follow("/api/v1/events", "Last-Event-ID: " + last + "\r\n");
    const auto e = w.read(*c, [](const events& got) { return got.count("sample") == 3; });
    CHECK(e.first("hello")["resumed"] == true);
  }
  for (const auto& unknown : {std::string{"abc-1"}, std::string{"x"}, last + "0000", last + "x"}) {
    const auto c = w.follow("/api/v1/events?last_event_id=" + unknown);
    const auto e = w.read(*c, [](const events& got) { return got.count("hello") == 1; });
    CAPTURE(unknown);
    CHECK(e.first("hello")["resumed"] == false);
    CHECK(e.count("sample") == 0);
  }
}

TEST_CASE("events: a client that does not read is dropped, and costs nobody else anything") {
  watched w;
  // Much more than sockets hold.
  for (auto& p : w.source.all) p.error = std::string(400'000, 'e');
  auto slow = w.client(false);
  slow->send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto quick = w.follow("/api/v1/events");
  w.until([&] { return w.monitor.feed().clients() == 2; });
  w.advance(60s);
  CHECK(w.monitor.feed().clients() == 1);
  w.read(*quick, [](const events& got) { return got.count("sample") == 60; });
}

TEST_CASE("events: there are only so many clients, and a stop ends them") {
  watched w;
  std::vector<std::unique_ptr<test::http_client>> all;
  for (std::size_t i = 0; i < query::event_feed::most_clients; ++i) all.push_back(w.follow("/api/v1/events"));
  w.until([&] { return w.monitor.feed().clients() == all.size(); });
  CHECK(w.client()->get("/api/v1/events").status == 503);
  all.pop_back();
  w.until([&] { return w.monitor.feed().clients() == all.size(); });
  all.push_back(w.follow("/api/v1/events"));
  w.server().stop();
  w.settle();
  w.advance(3s);
  CHECK(w.ended());
  CHECK(w.monitor.feed().clients() == 0);
}

TEST_CASE("events: of clients that come at once no more are let in than there is room for") {
  watched w;
  struct taking final : http::body_writer {
    task<bool> write(std::string_view) override { co_return true; }
  } client;
  async::task_group all{w.loop.get_executor()};
  auto& feed = w.monitor.feed();
  for (std::size_t i = 0; i < 2 * query::event_feed::most_clients; ++i) all.spawn(feed.stream(client, {}));
  w.settle();
  CHECK(feed.clients() == query::event_feed::most_clients);
  bool other = false;
  const auto begin = [](bool& begun) -> task<> {
    begun = true;
    co_return;
  };
  all.spawn(query::streamed(feed, begin(other)));
  w.settle();
  CHECK(!other);
  bool joined = false;
  all.cancel();
  boost::asio::co_spawn(w.loop, all.join(), [&joined](std::exception_ptr) { joined = true; });
  w.until([&] { return joined; });
}

TEST_CASE("watch: a row is told at once and when it has changed") {
  watched w;
  const auto c = w.follow("/api/v1/tables/planes-table/watch?key=N1");
  auto e = w.read(*c, [](const events& got) { return got.count("row") == 1; });
  CHECK(e.first("row")["found"] == false);
  w.source.rows_of["planes-table"]["N1"] = query::row_found{partition_id{3}, offset{42}, "1", "{\n\"n\":1}"};
  w.advance(600ms);
  e = w.read(*c, [](const events& got) { return got.count("row") == 2; });
  CHECK(e.data.back() == json{{"found", true},
                              {"partition", 3},
                              {"offset", 42},
                              {"problem", nullptr},
                              {"value", {{"n", 1}}},
                              {"instance", nullptr}});
  // The offset alone is no news.
  w.source.rows_of["planes-table"]["N1"] = query::row_found{partition_id{3}, offset{43}, "1", "{\n\"n\":1}"};
  w.advance(5s);
  CHECK(events{c->unread()}.count("row") == 2);
  CHECK(w.client()->get("/api/v1/tables/nothing/watch?key=a").status == 404);
  CHECK(w.client()->get("/api/v1/tables/planes-table/watch").status == 400);
  CHECK(w.client()->get("/api/v1/tables/planes-table/watch?key64=%25").status == 400);
}
