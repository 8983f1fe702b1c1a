#include "http/response_head.hpp"

#include <corka/http/problem.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

using namespace corka::http;

TEST_CASE("response: fields cannot be smuggled in by values") {
  response r;
  CHECK_THROWS_AS(r.set("X-Key", "a\r\nSet-Cookie: b"), std::invalid_argument);
  CHECK_THROWS_AS(r.set("X-Key", "a\nb"), std::invalid_argument);
  CHECK_THROWS_AS(r.set("X-Key", std::string{"a\0b", 3}), std::invalid_argument);
  CHECK_THROWS_AS(r.set("X Key", "a"), std::invalid_argument);
  CHECK_THROWS_AS(r.set("", "a"), std::invalid_argument);
  CHECK(r.fields().empty());
  r.set("X-Key", "a b").set("Etag", "\"1\"");
  CHECK(r.header("x-key") == "a b");
  CHECK(r.header("ETag") == "\"1\"");
  CHECK_FALSE(r.header("X"));
}

TEST_CASE("response: every answer is protected, and cached only where it says so") {
  std::string head;
  write_head(head, response{200}.content("text/plain", "hello"), {.date = "D"});
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n"));
  CHECK(head.find("\r\nX-Content-Type-Options: nosniff\r\n") != std::string::npos);
  CHECK(head.find("\r\nX-Frame-Options: DENY\r\n") != std::string::npos);
  CHECK(head.find("\r\nContent-Security-Policy: default-src 'none'") != std::string::npos);
  CHECK(head.find("\r\nCache-Control: no-store\r\n") != std::string::npos);
  CHECK(head.find("Connection") == std::string::npos);
  CHECK(head.ends_with("\r\nContent-Type: text/plain\r\n\r\n"));

  write_head(head, response{304}.set("Cache-Control", "no-cache").set("Content-Security-Policy", "own"),
             {.date = "D", .http_1_0 = true});
  CHECK(head.find("Content-Length") == std::string::npos);
  CHECK(head.find("no-store") == std::string::npos);
  CHECK(head.find("default-src") == std::string::npos);
  CHECK(head.find("\r\nConnection: keep-alive\r\n") != std::string::npos);

  write_head(head, response{204}, {.date = "D", .keep_alive = false});
  CHECK(head.find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("response: scripts, styles and fonts are no documents, and lack what only those need") {
  for (const std::string type : {"text/javascript; charset=utf-8", "text/css; charset=utf-8", "font/woff2"}) {
    CAPTURE(type);
    std::string head;
    write_head(head, response{200}.content(type, "x"), {.date = "D"});
    CHECK(head.find("\r\nX-Content-Type-Options: nosniff\r\n") != std::string::npos);
    CHECK(head.find("\r\nCross-Origin-Resource-Policy: same-origin\r\n") != std::string::npos);
    CHECK(head.find("Content-Security-Policy") == std::string::npos);
    CHECK(head.find("X-Frame-Options") == std::string::npos);
  }
  for (const std::string type : {"text/html; charset=utf-8", "image/svg+xml", "application/json", "text/plain"}) {
    CAPTURE(type);
    std::string head;
    write_head(head, response{200}.content(type, "x"), {.date = "D"});
    CHECK(head.find("\r\nContent-Security-Policy: default-src 'none'") != std::string::npos);
    CHECK(head.find("\r\nX-Frame-Options: DENY\r\n") != std::string::npos);
    CHECK(head.find("\r\nReferrer-Policy: no-referrer\r\n") != std::string::npos);
  }
}

TEST_CASE("response: dates are written as HTTP has them") {
  http_date d;
  CHECK(d.at(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(d.at(784'111'777'999) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(d.at(1'709'164'800'000) == "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST_CASE("problem: type, status and members are there for programs, whatever bytes the text has") {
  const auto r = problem{404, "row-absent", "no row for \xff"}
                     .with("partition", std::int64_t{3})
                     .with("tables", std::vector<std::string>{"a", "b"})
                     .header("Retry-After", "1")
                     .answer();
  CHECK(r.status() == 404);
  CHECK(r.header("Content-Type") == "application/problem+json");
  CHECK(r.header("Retry-After") == "1");
  const auto j = nlohmann::json::parse(r.body());
  CHECK(j["type"] == "urn:corka:problem:row-absent");
  CHECK(j["title"] == "Not Found");
  CHECK(j["status"] == 404);
  CHECK(j["detail"] == "no row for \xef\xbf\xbd");
  CHECK(j["partition"] == 3);
  CHECK(j["tables"] == nlohmann::json{"a", "b"});
}
