#include "support/http_loopback.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>

using namespace corka;
using namespace std::chrono_literals;
using test::http_loopback;

namespace {

task<http::response> echo(http::request r) {
  co_return std::move(http::response{}.content(
      "text/plain", std::string{r.method} + " " + std::string{r.path} + " [" + std::string{r.body} + "]"));
}

struct echo_server : http_loopback {
  echo_server() {
    routes.get("/echo/{what}", echo);
    routes.post("/echo/{what}", echo);
  }
};

}  // namespace

TEST_CASE("server: answers one request after another on a connection") {
  echo_server s;
  s.start();
  const auto c = s.client();
  for (const char* what : {"/echo/1", "/echo/2", "/echo/3"}) {
    const auto r = c->get(what);
    CHECK(r.status == 200);
    CHECK(r.body == "GET " + std::string{what} + " []");
    CHECK(r.header("Date") == "Mon, 01 Jan 2024 00:00:00 GMT");
    CHECK(r.header("Cache-Control") == "no-store");
  }
  const auto last = c->get("/echo/4", "Connection: close\r\n");
  CHECK(last.header("Connection") == "close");
  CHECK(c->closed());
}

TEST_CASE("server: pipelined requests are answered in their order") {
  echo_server s;
  s.start();
  const auto c = s.client();
  c->send(
      "GET /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "POST /echo/2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
      "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "HEAD /echo/3 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /echo/4 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(c->receive().body == "GET /echo/1 []");
  CHECK(c->receive().body == "POST /echo/2 [abc]");
  CHECK(c->receive().status == 404);
  CHECK(c->receive(false).status == 200);
  CHECK(c->receive().body == "GET /echo/4 []");
}

TEST_CASE("server: HEAD has GET's fields and no body") {
  echo_server s;
  s.start();
  const auto c = s.client();
  c->send("HEAD /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto r = c->receive(false);
  CHECK(r.status == 200);
  CHECK(r.header("Content-Length") == "15");
  CHECK(c->receive(false).status == 404);
  CHECK(c->get("/echo/2").status == 200);
}

TEST_CASE("server: HTTP/1.0 gets one answer unless it asks for more") {
  echo_server s;
  s.start();
  const auto c = s.client();
  c->send("GET /echo/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(c->receive().header("Connection") == "keep-alive");
  c->send("GET /echo/2 HTTP/1.0\r\n\r\n");
  CHECK(c->receive().body == "GET /echo/2 []");
  CHECK(c->closed());
}

TEST_CASE("server: a refused request is answered before the connection ends") {
  struct {
    std::string bytes;
    unsigned status;
  } const cases[] = {
      {"\x16\x03\x01", 400},
      {"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET localhost HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /echo/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /echo/caf\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /echo/1?a=%x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /echo/" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nx: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {"POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n" + std::string(200'000, 'b'), 413},
      {"POST /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'b'), 404},
      {"POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417},
  };
  echo_server s;
  s.start();
  for (const auto& it : cases) {
    CAPTURE(it.bytes.substr(0, 60));
    const auto c = s.client();
    c->send(it.bytes);
    const auto r = c->receive();
    CHECK(r.status == it.status);
    CHECK(r.header("Content-Type") == "application/problem+json");
    if (r.header("Connection") == "close") CHECK(c->closed());
  }
}

TEST_CASE("server: a method that a path does not have is answered with those it has") {
  echo_server s;
  s.start();
  const auto c = s.client();
  c->send("DELETE /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto refused = c->receive();
  CHECK(refused.status == 405);
  CHECK(refused.header("Allow") == "GET, HEAD, POST, OPTIONS");
  c->send("OPTIONS /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto told = c->receive();
  CHECK(told.status == 204);
  CHECK(told.header("Allow") == "GET, HEAD, POST, OPTIONS");
  c->send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(c->receive().status == 204);
}

TEST_CASE("server: a name that is not its own is refused, in Host and in an absolute target") {
  echo_server s;
  s.options.hosts = {"corka.example"};
  s.start();
  const auto c = s.client();
  c->send("GET /echo/1 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  const auto r = c->receive();
  CHECK(r.status == 421);
  CHECK(r.body.find("evil.example") != std::string::npos);
  c->send("GET http://evil.example/echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(c->receive().status == 421);
  c->send("GET http://localhost/echo/1 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(c->receive().status == 200);
  c->send("GET /echo/1 HTTP/1.1\r\nHost: corka.example\r\n\r\n");
  CHECK(c->receive().status == 200);
  c->send("GET /echo/1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(s.server().port()) + "\r\n\r\n");
  CHECK(c->receive().status == 200);
}

TEST_CASE("server: what changes something is not taken from other sites' pages") {
  echo_server s;
  s.start();
  const auto c = s.client();
  const auto post = [&](std::string_view fields) {
    c->send("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\n" + std::string{fields} + "Content-Length: 0\r\n\r\n");
    return c->receive().status;
  };
  CHECK(post("") == 200);
  CHECK(post("Origin: http://localhost\r\n") == 200);
  CHECK(post("Origin: http://evil.example\r\n") == 403);
  CHECK(post("Sec-Fetch-Site: cross-site\r\n") == 403);
  CHECK(c->get("/echo/1", "Origin: http://evil.example\r\n").status == 200);
}

TEST_CASE("server: bodies arrive whole, chunked or after an invitation") {
  echo_server s;
  s.start();
  const auto c = s.client();
  const std::string big(300'000, 'b');
  c->send("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n" + big);
  CHECK(c->receive().body == "POST /echo/1 [" + big + "]");
  c->send("POST /echo/2 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  c->send("2\r\nde\r\n0\r\n\r\n");
  CHECK(c->receive().body == "POST /echo/2 [abcde]");
  c->send("POST /echo/3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(c->receive(false).status == 100);
  c->send("ok");
  CHECK(c->receive().body == "POST /echo/3 [ok]");
}

TEST_CASE("server: whether a request is admitted is asked before its body is read, and once more with it") {
  echo_server s;
  std::string order;
  s.options.admit = [&](const http::request& r) -> std::optional<http::response> {
    order += "[" + std::string{r.body} + "]";
    if (r.path == "/echo/closed") return http::response{401};
    return {};
  };
  s.options.admit_whole = [&](const http::request& r) -> std::optional<http::response> {
    order += "[" + std::string{r.body} + "]";
    if (r.body == "bad") return http::response{401};
    return {};
  };
  s.start();
  const auto c = s.client();
  c->send("POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\ngood");
  CHECK(c->receive().body == "POST /echo/1 [good]");
  c->send("POST /echo/2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nbad");
  CHECK(c->receive().status == 401);
  CHECK(order == "[][good][][bad]");
  // The connection goes on, as its body was read.
  CHECK(c->get("/echo/3").status == 200);
  order.clear();
  c->send("POST /echo/closed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n");
  CHECK(c->receive().status == 401);
  CHECK(order == "[]");
}

TEST_CASE("server: what a handler throws is a 500 and a line in the log, not the end") {
  echo_server s;
  s.routes.get("/broken", [](http::request) -> task<http::response> { throw std::runtime_error{"disk on fire"}; });
  s.start();
  const auto c = s.client();
  const auto r = c->get("/broken");
  CHECK(r.status == 500);
  CHECK(r.body.find("disk on fire") == std::string::npos);
  CHECK(s.logged.find("GET /broken: disk on fire") != std::string::npos);
  CHECK(c->get("/echo/1").status == 200);
}

TEST_CASE("server: it can be stopped from another thread") {
  boost::asio::io_context loop{1};
  system_clock time;
  http::router routes;
  routes.get("/echo/{what}", echo);
  http::listener_options options;
  options.address = "127.0.0.1:0";
  http::listener server{loop.get_executor(), time, routes, options, logger{}};
  server.open();
  const auto port = server.port();
  boost::asio::co_spawn(loop, server.run(), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  std::thread worker{[&loop] { loop.run(); }};
  {
    test::http_loop here;
    test::http_client c{here, port};
    CHECK(c.get("/echo/1").status == 200);
    server.stop();
    CHECK(c.closed());
  }
  server.stop();
  worker.join();
}

TEST_CASE("server: where it cannot listen it says so with the cure") {
  echo_server first;
  first.start();
  echo_server second;
  second.options.address = "127.0.0.1:" + std::to_string(first.server().port());
  CHECK_THROWS_WITH_AS(second.start(), doctest::Contains("give another address or port"), error);
}
