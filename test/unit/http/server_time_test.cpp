#include "support/http_loopback.hpp"

#include "async/event.hpp"
#include "async/timer.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;
using test::http_client;
using test::http_loopback;

namespace {

struct quick_server : http_loopback {
  quick_server() {
    routes.get("/", [](http::request) -> task<http::response> {
      co_return std::move(http::response{}.content("text/plain", "hello"));
    });
    routes.post("/", [](http::request) -> task<http::response> { co_return http::response{204}; });
    routes.get("/big", [](http::request) -> task<http::response> {
      co_return std::move(http::response{}.content("text/plain", std::string(64 * 1024 * 1024, 'b')));
    });
    // Answers a second later, on virtual time.
    routes.get("/slow", [this](http::request r) { return slow(r); });
    routes.get("/never", [this](http::request r) { return never(r); });
  }

  task<http::response> slow(http::request) {
    ++asked;
    co_await async::sleep_for(time, 1s);
    co_return std::move(http::response{}.content("text/plain", "at last"));
  }
  task<http::response> never(http::request) {
    ++asked;
    async::event nothing{loop.get_executor()};
    co_await nothing.wait();
    co_return http::response{};
  }

  int asked = 0;
};

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("server: a header that drips in is cut off at its deadline") {
  quick_server s;
  s.start();
  const auto c = s.client();
  c->send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  s.until([&] { return s.server().connections() == 1; });
  for (int second = 0; second < 9; ++second) {
    c->send("x: y\r\n");
    s.advance(1s);
    CHECK_FALSE(c->closed_now());
  }
  CHECK(c->unread().empty());
  s.advance(2s);
  CHECK(c->receive().status == 408);
  CHECK(c->closed());
}

TEST_CASE("server: a body that drips in is cut off at its deadline") {
  quick_server s;
  s.start();
  const auto c = s.client();
  c->send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
  s.until([&] { return s.server().connections() == 1; });
  for (int second = 0; second < 28; ++second) {
    c->send("b");
    s.advance(1s);
  }
  CHECK(c->unread().empty());
  s.advance(5s);
  CHECK(c->receive().status == 408);
  CHECK(c->closed());
}

TEST_CASE("server: a connection that asks for nothing is closed, sooner if it never did") {
  quick_server s;
  s.start();
  const auto asked = s.client();
  CHECK(asked->get("/").status == 200);
  const auto silent = s.client();
  s.until([&] { return s.server().connections() == 2; });
  s.settle();
  s.advance(11s);
  CHECK(silent->closed());
  s.advance(45s);
  CHECK(asked->get("/").status == 200);
  s.advance(55s);
  CHECK_FALSE(asked->closed_now());
  s.advance(10s);
  CHECK(asked->closed());
}

TEST_CASE("server: a client that does not take its answer is dropped") {
  quick_server s;
  s.start();
  const auto c = s.client(false);
  c->send("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return s.server().connections() == 1; });
  s.settle();
  s.advance(29s);
  CHECK(s.server().connections() == 1);
  s.advance(2s);
  CHECK(s.server().connections() == 0);
}

TEST_CASE("server: 500 idle connections cost nobody anything") {
  quick_server s;
  s.start();
  std::vector<std::unique_ptr<http_client>> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(s.client());
    if (i % 2 == 0) CHECK(idle.back()->get("/").status == 200);
  }
  s.until([&] { return s.server().connections() == 500; });
  const auto one_more = s.client();
  for (int i = 0; i < 100; ++i) CHECK(one_more->get("/").status == 200);
  CHECK(s.server().connections() == 501);
  s.advance(61s);
  s.until([&] { return s.server().connections() == 0; });
  for (const auto& c : idle) CHECK(c->closed());
}

TEST_CASE("server: one connection too many takes the place of the one idle longest") {
  quick_server s;
  s.options.bounds.connections = 2;
  s.start();
  const auto first = s.client();
  const auto second = s.client();
  CHECK(first->get("/").status == 200);
  s.advance(1s);
  CHECK(second->get("/").status == 200);
  s.advance(1s);
  const auto third = s.client();
  CHECK(third->get("/").status == 200);
  CHECK(first->closed());
  CHECK(second->get("/").status == 200);
}

TEST_CASE("server: the one idle longest makes room, however many came before it and have asked since") {
  quick_server s;
  s.options.bounds.connections = 3;
  s.start();
  std::vector<std::unique_ptr<http_client>> all;
  for (int i = 0; i < 3; ++i) all.push_back(s.client());
  // The first one asks again, the second is busy: it is the third's turn.
  for (const auto& c : all) CHECK(c->get("/").status == 200);
  CHECK(all[0]->get("/").status == 200);
  all[1]->send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return s.asked == 1; });
  const auto fourth = s.client();
  CHECK(fourth->get("/").status == 200);
  CHECK(all[2]->closed());
  const auto fifth = s.client();
  CHECK(fifth->get("/").status == 200);
  CHECK(all[0]->closed());
  s.advance(1s);
  CHECK(all[1]->receive().body == "at last");
}

namespace {

// UBSan looks at memory through a pipe, for which there must be descriptors.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define CORKA_TEST_NEEDS_DESCRIPTORS
#endif
#endif
#ifdef CORKA_TEST_NEEDS_DESCRIPTORS
constexpr bool descriptors_needed = true;
#else
constexpr bool descriptors_needed = false;
#endif

/// From now on there are no more descriptors than are in use, and `but`.
class no_descriptors_left {
 public:
  explicit no_descriptors_left(rlim_t but = 0) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int lowest_free = ::dup(0);
    REQUIRE(lowest_free >= 0);
    ::close(lowest_free);
    auto none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free) + but;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  no_descriptors_left(const no_descriptors_left&) = delete;
  no_descriptors_left& operator=(const no_descriptors_left&) = delete;
  ~no_descriptors_left() { end(); }
  void end() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

std::size_t times(const std::string& all, std::string_view what) {
  std::size_t found = 0;
  for (auto at = all.find(what); at != std::string::npos; at = all.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("server: without descriptors it says so once, goes on, and takes connections when there are some again" *
          doctest::skip(descriptors_needed)) {
  quick_server s;
  s.start();
  const auto busy = s.client();
  busy->send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return s.asked == 1; });
  const auto waiting = s.client();
  no_descriptors_left none;
  waiting->send(get);
  for (int i = 0; i < 30; ++i) s.advance(10s);
  CHECK_FALSE(s.ended());
  CHECK(s.server().connections() == 1);
  CAPTURE(s.logged);
  CHECK(times(s.logged, "cannot accept connections: ") == 1);
  CHECK(s.logged.find("raise the limit of open files") != std::string::npos);
  none.end();
  s.advance(2s);
  CHECK(waiting->receive().body == "hello");
  // It is told anew when it happens anew.
  s.advance(2min);
  const auto later = s.client();
  no_descriptors_left again;
  s.advance(10s);
  CHECK(times(s.logged, "cannot accept connections: ") == 2);
  again.end();
  s.server().stop();
  s.advance(6s);
}

TEST_CASE("server: without descriptors nothing is wrong while nobody connects" * doctest::skip(descriptors_needed)) {
  quick_server s;
  s.start();
  const auto first = s.client();
  CHECK(first->get("/").status == 200);
  const auto second = s.client();
  const no_descriptors_left but_one{1};
  CHECK(second->get("/").status == 200);
  s.advance(30s);
  CHECK(first->get("/").status == 200);
  CHECK(second->get("/").status == 200);
  CHECK(s.logged.find("cannot accept") == std::string::npos);
}

TEST_CASE("server: without descriptors the connection idle longest makes room" * doctest::skip(descriptors_needed)) {
  quick_server s;
  s.start();
  const auto first = s.client();
  const auto second = s.client();
  CHECK(first->get("/").status == 200);
  CHECK(second->get("/").status == 200);
  const auto third = s.client();
  const no_descriptors_left none;
  third->send(get);
  s.advance(1s);
  CHECK(third->receive().body == "hello");
  CHECK(first->closed());
  CHECK(second->get("/").status == 200);
}

TEST_CASE("server: with all connections busy one more is turned away") {
  quick_server s;
  s.options.bounds.connections = 1;
  s.start();
  const auto busy = s.client();
  busy->send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return s.asked == 1; });
  const auto more = s.client();
  const auto r = more->receive();
  CHECK(r.status == 503);
  CHECK(r.header("Retry-After") == "1");
  CHECK(more->closed());
  s.advance(1s);
  CHECK(busy->receive().body == "at last");
}

TEST_CASE("server: a stop lets requests under way finish and closes the rest at once") {
  quick_server s;
  s.start();
  const auto idle = s.client();
  CHECK(idle->get("/").status == 200);
  const auto busy = s.client();
  busy->send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string{get});
  s.until([&] { return s.asked == 1; });
  s.server().stop();
  s.server().stop();
  CHECK(idle->closed());
  CHECK_FALSE(s.ended());
  CHECK_THROWS_AS(s.client(), boost::system::system_error);
  s.advance(1s);
  const auto r = busy->receive();
  CHECK(r.body == "at last");
  CHECK(r.header("Connection") == "close");
  CHECK(busy->closed());
  busy->hang_up();
  s.until([&] { return s.ended(); });
}

TEST_CASE("server: a stop cancels what takes longer than it waits") {
  quick_server s;
  s.start();
  const auto c = s.client();
  c->send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return s.asked == 1; });
  s.server().stop();
  s.advance(4s);
  CHECK_FALSE(s.ended());
  s.advance(2s);
  s.until([&] { return s.ended(); });
  CHECK(c->closed());
  CHECK(s.logged.find("1 requests took longer") != std::string::npos);
}

TEST_CASE("server: stops are for one run, and it can run again") {
  quick_server s;
  s.start();
  s.server().stop();
  s.until([&] { return s.ended(); });
  s.server().stop();
  s.server().open();
  s.run();  // returns at once
  s.until([&] { return s.ended(); });
  s.server().open();
  s.run();
  CHECK(s.client()->get("/").status == 200);
  s.server().stop();
  s.server().stop();
  s.until([&] { return s.ended(); });
  s.server().open();
  s.run();
  CHECK(s.client()->get("/").status == 200);
}

namespace {

/// Streams a line whenever the test says so.
struct streaming_server : http_loopback {
  streaming_server() {
    routes.get("/stream", [this](http::request) -> task<http::response> { return answer(*this); });
    routes.get("/flood", [this](http::request) -> task<http::response> { return flood(*this); });
  }
  static task<http::response> answer(streaming_server& my) {
    auto* const s = &my;
    co_return std::move(http::response{}.stream("text/plain", [s](http::body_writer& to) { return lines(*s, to); }));
  }
  static task<http::response> flood(streaming_server& my) {
    auto* const s = &my;
    co_return std::move(http::response{}.stream("text/plain", [s](http::body_writer& to) { return pour(*s, to); }));
  }
  static task<> lines(streaming_server& my, http::body_writer& to) {
    const count_guard here{my.running};
    while (my.say != "end") {
      co_await my.more.wait();
      my.more.reset();
      const std::string line = my.say + "\n";
      const bool taken = co_await to.write(line);
      if (!taken) co_return;
    }
  }
  static task<> pour(streaming_server& my, http::body_writer& to) {
    const count_guard here{my.running};
    const std::string much(1024 * 1024, 'x');
    bool taken = true;
    while (taken) {
      ++my.pieces;
      taken = co_await to.write(much);
    }
  }
  void tell(std::string what) {
    say = std::move(what);
    more.set();
    settle();
  }

  struct count_guard {
    explicit count_guard(int& n) : count{n} { ++count; }
    ~count_guard() { --count; }
    int& count;
  };
  async::event more{loop.get_executor()};
  std::string say;
  int running = 0;
  int pieces = 0;
};

std::string head_of(http_client& c) { return c.receive(false).head; }

}  // namespace

TEST_CASE("server: a streamed answer comes piece by piece and ends by itself") {
  streaming_server s;
  s.start();
  const auto c = s.client();
  c->send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = head_of(*c);
  CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  s.tell("one");
  s.until([&] { return !c->unread().empty(); });
  CHECK(c->unread() == "4\r\none\n\r\n");
  s.tell("end");
  s.until([&] { return c->closed_now(); });
  CHECK(c->unread() == "4\r\none\n\r\n4\r\nend\n\r\n0\r\n\r\n");
  CHECK(s.running == 0);
}

TEST_CASE("server: HTTP/1.0 gets a streamed answer as it is, HEAD gets none") {
  streaming_server s;
  s.start();
  const auto old = s.client();
  old->send("GET /stream HTTP/1.0\r\nHost: localhost\r\n\r\n");
  CHECK(head_of(*old).find("Transfer-Encoding") == std::string::npos);
  s.tell("end");
  s.until([&] { return old->closed_now(); });
  CHECK(old->unread() == "end\n");
  const auto head = s.client();
  head->send("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(head_of(*head).find("200 OK") != std::string::npos);
  CHECK(head->closed());
  CHECK(s.running == 0);
}

TEST_CASE("server: a stream ends when its client hangs up") {
  streaming_server s;
  s.start();
  {
    const auto c = s.client();
    c->send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    (void)head_of(*c);
    s.until([&] { return s.running == 1; });
    c->hang_up();
    s.until([&] { return s.running == 0; });
  }
  s.until([&] { return s.server().connections() == 0; });
}

TEST_CASE("server: a stream waits for a slow client, and drops one that takes nothing") {
  streaming_server s;
  s.start();
  const auto c = s.client(false);
  c->send("GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return s.running == 1; });
  s.settle();
  const int in_buffers = s.pieces;
  s.advance(29s);
  CHECK(s.pieces == in_buffers);
  CHECK(s.running == 1);
  s.advance(2s);
  CHECK(s.running == 0);
  CHECK(s.server().connections() == 0);
}

TEST_CASE("server: a stop ends streams at once") {
  streaming_server s;
  s.start();
  const auto c = s.client();
  c->send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  (void)head_of(*c);
  s.until([&] { return s.running == 1; });
  s.server().stop();
  s.until([&] { return c->closed_now(); });
  CHECK(c->unread() == "0\r\n\r\n");
  CHECK(s.running == 0);
  s.advance(3s);
  CHECK(s.ended());
}
