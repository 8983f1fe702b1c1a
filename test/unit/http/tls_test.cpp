#include "support/certificates.hpp"
#include "support/http_loopback.hpp"
#include "support/temporary_folder.hpp"

#include "async/event.hpp"
#include "http/byte_stream.hpp"
#include "http/tls.hpp"

#include <corka/error.hpp>
#include <corka/http/client.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <array>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace corka;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

const std::vector<std::string> own_names{"DNS:localhost", "IP:127.0.0.1"};

struct tls_server : test::http_loopback {
  test::temporary_folder folder;
  test::certificate_files own = test::make_certificate(folder.path(), "own", own_names);
  async::event more{loop.get_executor()};
  int streaming = 0;

  explicit tls_server(const std::vector<std::string>& names = own_names) {
    if (names != own_names) own = test::make_certificate(folder.path(), "own", names);
    options.tls = http::tls_files{own.certificate, own.key};
    routes.get("/hello", [](http::request r) -> task<http::response> {
      co_return std::move(
          http::response{}.content("text/plain", "hello " + std::string{r.header("Host").value_or("")}));
    });
    routes.add("PUT", "/echo", [](http::request r) -> task<http::response> {
      co_return std::move(http::response{}.content("text/plain", std::string{r.body}));
    });
    routes.get("/stream", [this](http::request) { return stream(*this); });
    start();
  }
  ~tls_server() { settle(); }

  static task<http::response> stream(tls_server& my) {
    auto* const s = &my;
    co_return std::move(http::response{}.stream("text/plain", [s](http::body_writer& to) { return lines(*s, to); }));
  }
  static task<> lines(tls_server& my, http::body_writer& to) {
    struct counted {
      int& n;
      explicit counted(int& of) : n{of} { ++n; }
      ~counted() { --n; }
    } const here{my.streaming};
    bool taken = co_await to.write("first\n");
    while (taken) {
      co_await my.more.wait();
      my.more.reset();
      taken = co_await to.write("more\n");
    }
  }
  [[nodiscard]] std::string at(const std::string& host = "127.0.0.1") {
    return "https://" + host + ":" + std::to_string(server().port());
  }

  /// "200 body", or why there is none.
  std::string ask(http::client& by, http::call what) {
    std::optional<std::string> said;
    const auto run = [](http::client& c, http::call w, std::optional<std::string>& into) -> task<> {
      try {
        const auto got = co_await c.send(std::move(w));
        into = std::to_string(got.status) + " " + got.body;
      } catch (const http::call_failed& e) { into = e.what(); }
    };
    asio::co_spawn(loop, run(by, std::move(what), said), [](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
    });
    until([&] { return said.has_value(); });
    return *said;
  }
  static http::call get(std::string address, std::string target = "/hello") {
    http::call c;
    c.address = std::move(address);
    c.target = std::move(target);
    return c;
  }
};

/// A client that says exactly what it is told to, by TLS.
struct raw_client {
  tls_server& s;
  std::shared_ptr<asio::ssl::context> trusted = http::client_tls(s.own.certificate);
  http::byte_stream stream{asio::ip::tcp::socket{s.loop}};
  std::string received;
  bool ended = false;
  bool told_end = false;  ///< the other end said that nothing more comes

  explicit raw_client(tls_server& of) : s{of} {
    stream.socket().connect({asio::ip::address_v4::loopback(), s.server().port()});
  }
  void start(std::string says) {
    asio::co_spawn(s.loop, talk(*this, std::move(says)), [](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
    });
  }
  static task<> talk(raw_client& my, std::string says) {
    const auto failed = co_await my.stream.secure(*my.trusted, http::byte_stream::end::client, "127.0.0.1");
    CHECK_FALSE(failed);
    co_await asio::async_write(my.stream, asio::buffer(says), asio::use_awaitable);
    std::array<char, 4'096> some{};
    while (!my.ended) {
      const auto [ec, n] = co_await my.stream.async_read_some(asio::buffer(some), asio::as_tuple(asio::use_awaitable));
      my.received.append(some.data(), n);
      my.ended = ec.failed();
      my.told_end = ec == asio::error::eof;
    }
  }
  void hang_up() {
    boost::system::error_code ignored;
    stream.socket().close(ignored);
    s.settle();
  }
  static task<> say_end(raw_client& my) { (void)co_await my.stream.finish(); }
};

}  // namespace

TEST_CASE("tls: calls are answered over one connection, small and large ones") {
  tls_server s;
  http::client c{s.time, {.authorities = s.own.certificate}};
  CHECK(s.server().url() == s.at() + "/");
  CHECK(s.ask(c, tls_server::get(s.at())) == "200 hello 127.0.0.1:" + std::to_string(s.server().port()));
  for (const std::size_t size : {0U, 1U, 16'000U, 300'000U}) {
    http::call what = tls_server::get(s.at(), "/echo");
    what.method = "PUT";
    what.body.assign(size, 'b');
    CHECK(s.ask(c, what) == "200 " + what.body);
  }
  CHECK(s.server().connections() == 1);
  // The server hangs up between two calls: the next one gets a connection of its own.
  s.advance(61s);
  s.until([&] { return s.server().connections() == 0; });
  CHECK(s.ask(c, tls_server::get(s.at())).starts_with("200 "));
}

TEST_CASE("tls: who cannot prove its name is not asked") {
  tls_server s;
  http::client stranger{s.time, {}};
  CHECK(s.ask(stranger, tls_server::get(s.at())).find("certificate verify failed") != std::string::npos);
  http::client friendly{s.time, {.authorities = s.own.certificate}};
  CHECK(s.ask(friendly, tls_server::get(s.at("localhost"))).starts_with("200 "));
  tls_server other{{"DNS:node7.example"}};
  http::client misled{other.time, {.authorities = other.own.certificate}};
  CHECK(other.ask(misled, tls_server::get(other.at())).find("certificate verify failed") != std::string::npos);
  http::client unable{s.time, {.authorities = (s.folder / "none.pem").string()}};
  CHECK(s.ask(unable, tls_server::get(s.at())).find("none.pem") != std::string::npos);
}

TEST_CASE("tls: what is no TLS is hung up on, and what dawdles is cut off; others are served") {
  tls_server s;
  http::client c{s.time, {.authorities = s.own.certificate}};
  const auto plain = s.client();
  plain->send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return plain->closed_now(); });
  CHECK(plain->unread().find("HTTP/1.1") == std::string::npos);
  const auto slow = s.client();
  slow->send("\x16\x03\x01");  // how a handshake begins
  s.until([&] { return s.server().connections() == 1; });
  s.settle();
  s.advance(9s);
  CHECK_FALSE(slow->closed_now());
  s.advance(2s);
  CHECK(slow->closed());
  CHECK(s.ask(c, tls_server::get(s.at())).starts_with("200 "));
  CHECK(s.ask(c, tls_server::get(s.at().substr(8))).find("gave no usable answer") != std::string::npos);
}

TEST_CASE("tls: a stream ends by itself, when its client says so, and when the server stops") {
  tls_server s;
  {
    raw_client c{s};
    c.start("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    s.until([&] { return c.received.ends_with("first\n\r\n"); });
    CHECK(c.received.find("Transfer-Encoding: chunked") != std::string::npos);
    s.more.set();
    s.until([&] { return c.received.ends_with("more\n\r\n"); });
    CHECK(s.streaming == 1);
    bool told = false;
    asio::co_spawn(s.loop, raw_client::say_end(c), [&told](std::exception_ptr) { told = true; });
    s.until([&] { return s.streaming == 0; });
    s.until([&] { return s.server().connections() == 0; });
    c.hang_up();
    s.until([&] { return told && c.ended; });
  }
  raw_client c{s};
  c.start("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  s.until([&] { return c.received.ends_with("first\n\r\n"); });
  s.server().stop();
  s.until([&] { return c.ended; });
  CHECK(c.received.ends_with("0\r\n\r\n"));
  CHECK(c.told_end);
  CHECK(s.streaming == 0);
  c.hang_up();
  s.until([&] { return s.ended(); });
}

TEST_CASE("tls: files that cannot be used are named, with the cure, and without what is in them") {
  const test::temporary_folder folder;
  const auto one = test::make_certificate(folder.path(), "one", own_names);
  const auto two = test::make_certificate(folder.path(), "two", own_names);
  const auto none = (folder / "none.pem").string();
  const auto why = [](const http::tls_files& files) -> std::string {
    try {
      (void)http::server_tls(files);
    } catch (const error& e) {
      CHECK(e.kind() == errc::invalid_option);
      return e.what();
    }
    return {};
  };
  CHECK(why({one.certificate, one.key}).empty());
  CHECK(why({none, one.key}).find("certificate '" + none + "'") != std::string::npos);
  CHECK(why({one.certificate, none}).find("key '" + none + "'") != std::string::npos);
  CHECK(why({one.certificate, two.key}).find(two.key) != std::string::npos);
  std::ofstream{folder / "odd.pem"} << "-----BEGIN " << "PRIVATE KEY-----\nc2VjcmV0\n-----END " << "PRIVATE KEY-----\n";
  const auto odd = why({one.certificate, (folder / "odd.pem").string()});
  CHECK(odd.find("odd.pem") != std::string::npos);
  CHECK(odd.find("c2VjcmV0") == std::string::npos);
  CHECK_THROWS_WITH_AS((void)http::client_tls(none), doctest::Contains("none.pem"), error);
}
