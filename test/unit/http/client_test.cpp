#include "support/http_loopback.hpp"

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "http/dispatch.hpp"

#include <corka/http/client.hpp>
#include <corka/http/problem.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;

namespace {

struct asked_server : test::http_loopback {
  http::client_options with;
  std::unique_ptr<http::client> client;
  int begun = 0;

  explicit asked_server(http::client_options o = {}) : with{o} {
    routes.get("/hello", [](http::request r) -> task<http::response> {
      http::response said;
      said.set("X-Seen", std::string{r.header("X-Sent").value_or("nothing")});
      said.set("X-Host", std::string{r.header("Host").value_or("")});
      co_return std::move(said.content("text/plain", "hello"));
    });
    routes.add("PUT", "/echo", [](http::request r) -> task<http::response> {
      co_return std::move(http::response{}.content("text/plain", std::string{r.body}));
    });
    routes.get("/big", [](http::request) -> task<http::response> {
      co_return std::move(http::response{}.content("text/plain", std::string(2'000'000, 'b')));
    });
    routes.get("/slow", [this](http::request) { return slow(); });
    start();
    client = std::make_unique<http::client>(time, with);
  }
  ~asked_server() {
    client.reset();
    settle();
  }

  task<http::response> slow() {
    ++begun;
    co_await async::sleep_for(time, 1s);
    co_return std::move(http::response{}.content("text/plain", "at last"));
  }

  [[nodiscard]] std::string address() { return "127.0.0.1:" + std::to_string(server().port()); }
  http::call to(std::string target, std::string method = "GET") {
    http::call c;
    c.method = std::move(method);
    c.address = address();
    c.target = std::move(target);
    return c;
  }

  /// "200 hello", or "failed: why".
  struct outcome {
    std::optional<std::string> text;
    http::reply got;
  };
  std::shared_ptr<outcome> begin(http::call what) {
    auto into = std::make_shared<outcome>();
    const auto run = [](http::client& c, http::call w, std::shared_ptr<outcome> o) -> task<> {
      try {
        o->got = co_await c.send(std::move(w));
        o->text = std::to_string(o->got.status) + " " + o->got.body;
      } catch (const http::call_failed& e) { o->text = std::string{e.sent() ? "sent: " : "failed: "} + e.what(); }
    };
    boost::asio::co_spawn(loop, run(*client, std::move(what), into), [](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
    });
    return into;
  }
  outcome ask(http::call what) {
    const auto o = begin(std::move(what));
    until([&] { return o->text.has_value(); });
    return *o;
  }
};

/// Says one text after another, each when the next request has come; hangs up after the last, or where one is empty.
struct liar {
  asked_server& s;
  boost::asio::ip::tcp::acceptor at{s.loop, {boost::asio::ip::address_v4::loopback(), 0}};
  int connections = 0;

  liar(asked_server& for_one, std::vector<std::string> says) : s{for_one} {
    boost::asio::co_spawn(s.loop, talk(*this, std::move(says)), boost::asio::detached);
  }
  ~liar() {
    at.close();
    s.settle();
  }
  static task<> talk(liar& l, std::vector<std::string> says) {
    namespace asio = boost::asio;
    std::optional<asio::ip::tcp::socket> client;
    for (const auto& text : says) {
      if (!client) {
        client.emplace(co_await l.at.async_accept(asio::use_awaitable));
        ++l.connections;
      }
      std::string request;
      // A client that has hung up comes back by another connection.
      const auto [ec, n] = co_await asio::async_read_until(*client, asio::dynamic_buffer(request), "\r\n\r\n",
                                                           asio::as_tuple(asio::use_awaitable));
      if (ec) {
        client.emplace(co_await l.at.async_accept(asio::use_awaitable));
        ++l.connections;
        request.clear();
        co_await asio::async_read_until(*client, asio::dynamic_buffer(request), "\r\n\r\n", asio::use_awaitable);
      }
      co_await asio::async_write(*client, asio::buffer(text), asio::use_awaitable);
      if (text.find("Content-Length") == std::string::npos) client.reset();
    }
  }
  http::call to(const std::string& method = "GET") {
    auto c = s.to("/", method);
    c.address = "127.0.0.1:" + std::to_string(at.local_endpoint().port());
    return c;
  }
};

}  // namespace

TEST_CASE("client: interim answers are no answers, and there is an end to them") {
  asked_server s;
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  const std::string last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  liar l{s, {"HTTP/1.1 100 Continue\r\n\r\n" + interim + last, last}};
  CHECK(s.ask(l.to()).text == "200 ok");
  CHECK(s.ask(l.to()).text == "200 ok");
  CHECK(l.connections == 1);
  std::string many;
  for (int i = 0; i < 100; ++i) many += interim;
  liar endless{s, {many + last}};
  CHECK(s.ask(endless.to()).text->starts_with("sent: "));
}

TEST_CASE("client: what comes beyond an answer is not the next call's") {
  asked_server s;
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
  liar l{s,
         {first + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong",
          "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"}};
  CHECK(s.ask(l.to()).text == "200 first");
  CHECK(s.ask(l.to()).text == "200 second");
  CHECK(l.connections == 2);
}

TEST_CASE("client: a connection whose end was the answer's is not kept, so that a POST does not meet it") {
  asked_server s;
  liar l{s, {"HTTP/1.1 200 OK\r\n\r\nall there is", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore"}};
  CHECK(s.ask(l.to()).text == "200 all there is");
  CHECK(s.client->connections() == 0);
  CHECK(s.ask(l.to("POST")).text == "200 more");
}

TEST_CASE("client: nothing in a call can become a line of its own") {
  asked_server s;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"X-Sent", "a\r\nX-More: b"}, {"X-Sent", "a\nb"}, {"X Sent", "a"}, {"X:", "a"}, {"", "a"}}) {
    auto what = s.to("/hello");
    what.fields.emplace_back(name, value);
    CHECK(s.ask(what).text->starts_with("failed: "));
  }
  for (const auto* const target : {"", "/a b", "/a\r\nX: y", "/\x7f"})
    CHECK(s.ask(s.to(target)).text->starts_with("failed: "));
  CHECK(s.ask(s.to("/hello", "GET /x")).text->starts_with("failed: "));
  CHECK(s.ask(s.to("/hello")).text == "200 hello");
}

TEST_CASE("client: an answer comes with its status, fields and body") {
  asked_server s;
  auto what = s.to("/hello");
  what.fields.emplace_back("X-Sent", "this");
  const auto o = s.ask(what);
  CHECK(o.text == "200 hello");
  CHECK(o.got.header("x-seen") == "this");
  CHECK(o.got.header("X-Host") == s.address());
  CHECK(!o.got.header("X-None"));
  auto put = s.to("/echo", "PUT");
  put.body = "a body";
  CHECK(s.ask(put).text == "200 a body");
  CHECK(s.ask(s.to("/nowhere")).got.status == 404);
  CHECK(s.ask(s.to("/hello", "HEAD")).text == "200 ");
}

TEST_CASE("client: a connection is used again, and not after it has been idle for long") {
  asked_server s;
  for (int i = 0; i < 5; ++i) CHECK(s.ask(s.to("/hello")).text == "200 hello");
  CHECK(s.server().connections() == 1);
  CHECK(s.client->connections() == 1);
  s.advance(s.with.idle);
  CHECK(s.ask(s.to("/hello")).text == "200 hello");
  s.until([&] { return s.server().connections() == 1; });
}

TEST_CASE("client: a kept connection that the server has closed is no failure") {
  asked_server s;
  const auto address = s.address();
  s.options.address = address;
  CHECK(s.ask(s.to("/hello")).text == "200 hello");
  s.stop();
  s.start();
  CHECK(s.ask(s.to("/hello")).text == "200 hello");
}

TEST_CASE("client: there are no more connections than allowed; further calls wait for their turn, or give up") {
  asked_server s{{.connections = 2}};
  std::vector<std::shared_ptr<asked_server::outcome>> all;
  for (int i = 0; i < 5; ++i) all.push_back(s.begin(s.to("/slow")));
  s.until([&] { return s.server().connections() == 2; });
  s.settle();
  CHECK(s.client->connections() == 2);
  const auto answers = [&] {
    int done = 0;
    for (const auto& o : all) done += o->text ? 1 : 0;
    return done;
  };
  for (const int have : {2, 4, 5}) {
    s.until([&] { return s.begun == have; });
    s.advance(1s);
    s.until([&] { return answers() == have; });
    CHECK(s.server().connections() == 2);
  }
  for (const auto& o : all) CHECK(o->text == "200 at last");
}

TEST_CASE("client: who does not answer in time is given up, by name") {
  asked_server s{{.total = 500ms}};
  const auto o = s.begin(s.to("/slow"));
  s.until([&] { return s.begun == 1; });
  s.advance(500ms);
  s.until([&] { return o->text.has_value(); });
  CHECK(*o->text == "sent: " + s.address() + " did not answer within 500 ms");
  CHECK(s.client->connections() == 0);
  s.advance(1s);  // for the server's end
}

TEST_CASE("client: who waits for a connection gives up in time, and takes nobody's place") {
  asked_server s{{.total = 1'500ms, .connections = 1}};
  const auto first = s.begin(s.to("/slow"));
  const auto second = s.begin(s.to("/slow"));
  const auto third = s.begin(s.to("/slow"));
  s.until([&] { return s.begun == 1; });
  s.advance(1s);
  s.until([&] { return first->text.has_value() && s.begun == 2; });
  s.advance(500ms);
  s.until([&] { return second->text.has_value() && third->text.has_value(); });
  CHECK(first->text == "200 at last");
  CHECK(second->text->starts_with("sent: "));
  CHECK(third->text == "failed: " + s.address() + " is busy: all 1 connections to it are in use");
  s.advance(1s);
  CHECK(s.ask(s.to("/hello")).text == "200 hello");
}

TEST_CASE("client: nobody who listens, a malformed address, an answer that is too large") {
  asked_server s{{.body_bytes = 1'000'000}};
  CHECK(s.ask(s.to("/big")).text->find("body limit") != std::string::npos);
  auto nowhere = s.to("/");
  nowhere.address = "127.0.0.1:1";
  CHECK(s.ask(nowhere).text->starts_with("failed: 127.0.0.1:1 cannot be reached: "));
  for (const std::string odd : {"", "host", ":80", "host:", "host:x", "host:70000"}) {
    CAPTURE(odd);
    nowhere.address = odd;
    CHECK(s.ask(nowhere).text->starts_with("failed: '" + odd + "' is no address"));
  }
}

TEST_CASE("client: a name is looked up") {
  asked_server s;
  auto what = s.to("/hello");
  what.address = "localhost:" + std::to_string(s.server().port());
  const auto o = s.ask(what);
  CHECK(o.text == "200 hello");
}

TEST_CASE("dispatch: handlers answer without a connection") {
  asked_server s;
  const auto asked = [&](http::call what) {
    std::optional<http::reply> got;
    const auto run = [](const http::router& r, http::call w, std::optional<http::reply>& into) -> task<> {
      into = co_await http::dispatch(r, std::move(w));
    };
    boost::asio::co_spawn(s.loop, run(s.routes, std::move(what), got), [](std::exception_ptr) {});
    s.until([&] { return got.has_value(); });
    return *got;
  };
  auto what = s.to("/hello?x=1");
  what.fields.emplace_back("X-Sent", "in place");
  CHECK(asked(what).body == "hello");
  CHECK(asked(what).header("X-Seen") == "in place");
  CHECK(asked(what).header("Content-Type") == "text/plain");
  CHECK(asked(s.to("/none")).status == 404);
  CHECK(asked(s.to("none")).status == 400);
}
