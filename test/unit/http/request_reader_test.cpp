#include "http/request_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace corka::http;
using status = request_reader::status;

namespace {

// What comes out of bytes that arrive in pieces: "GET /a x-y=1 [body]", "…" for what is incomplete, "!413" for
// refusals.
std::vector<std::string> read(std::string_view bytes, std::size_t piece, limits bounds = {}) {
  request_reader reader{bounds};
  std::vector<std::string> all;
  while (true) {
    const auto s = reader.step();
    if (s == status::refused) {
      all.push_back("!" + std::to_string(reader.why().status));
      return all;
    }
    if (s == status::need_more) {
      if (bytes.empty()) break;
      const auto room = reader.space();
      REQUIRE_FALSE(room.empty());
      const auto n = std::min({piece, room.size(), bytes.size()});
      std::memcpy(room.data(), bytes.data(), n);
      reader.filled(n);
      bytes.remove_prefix(n);
    }
    if (s == status::header && !reader.complete()) continue;
    if (s == status::header || s == status::complete) {
      std::string text = std::string{reader.method()} + " " + std::string{reader.target()};
      for (const auto& f : reader.fields()) {
        if (f.name.starts_with("x-")) text += " " + std::string{f.name} + "=" + std::string{f.value};
      }
      if (!reader.body().empty()) text += " [" + std::string{reader.body()} + "]";
      if (reader.http_1_0()) text += " 1.0";
      if (!reader.keep_alive()) text += " close";
      all.push_back(text);
      reader.next();
    }
  }
  if (reader.begun()) all.emplace_back("…");
  return all;
}

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("request reader: however the bytes arrive, the requests are the same") {
  const std::string_view bytes =
      "GET /a HTTP/1.1\r\nHost: h\r\nx-y: 1\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "\r\nPOST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nx-t: "
      "1\r\n\r\n"
      "GET /d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
      "GET /e HTTP/1.0\r\n\r\n"
      "GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      "GET /g HT";
  const lines expected{
      "GET /a x-y=1", "POST /b [hello]", "POST /c [abcde]", "GET /d close", "GET /e 1.0 close", "GET /f 1.0", "…"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    CHECK(read(bytes, piece) == expected);
  }
}

TEST_CASE("request reader: malformed requests are refused") {
  struct {
    std::string_view bytes;
    const char* answer;
  } const cases[] = {
      {"\x16\x03\x01\x02", "!400"},  // TLS
      {" GET / HTTP/1.1\r\nHost: h\r\n\r\n", "!400"},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", "!505"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "!505"},
      {"GET /\r\nHost: h\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\r\nHost: h\r\nx y: 1\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\r\nHost: h\r\nx: \x01\r\n\r\n", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "!501"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "!501"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "!501"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!501"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!501"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n", "!400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n", "!400"},
  };
  for (const auto& c : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, c.bytes.size()}) {
      CAPTURE(c.bytes);
      CAPTURE(piece);
      CHECK(read(c.bytes, piece) == lines{c.answer});
    }
  }
}

TEST_CASE("request reader: limits hold however the bytes arrive") {
  limits bounds;
  bounds.header_bytes = 1'000;
  bounds.target_bytes = 300;
  bounds.body_bytes = 20;
  const std::string target(300, 'a');
  const std::string field = "x-f: " + std::string(93, 'f') + "\r\n";  // 100 bytes with its line end
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += field;
  const auto get = [](const std::string& path, const std::string& fields) {
    return "GET /" + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  struct {
    std::string bytes;
    const char* answer;
  } const cases[] = {
      {get(target, ""), "!414"},
      {get(target.substr(2), ""), nullptr},
      {"GET /" + target + target + target + target + target, "!414"},
      {get("", ten), "!431"},
      {get("", ten.substr(100)), nullptr},
      {"GET / HTTP/1.1\r\nHost: h\r\nx-f: " + std::string(2'000, 'f'), "!431"},
      {post + "Content-Length: 21\r\n\r\n", "!413"},
      {post + "Content-Length: 20\r\n\r\n" + std::string(20, 'b'), nullptr},
      {post + "Transfer-Encoding: chunked\r\n\r\n15\r\nb", "!413"},
      {post + "Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\nc\r\n", "!413"},
      {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'e'), "!400"},
      {post + "Transfer-Encoding: chunked\r\n\r\n0\r\nx-t: " + std::string(20'000, 't'), "!400"},
      {post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + ten + ten + "\r\n", "!431"},
  };
  for (const auto& c : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{50}, std::size_t{100}, c.bytes.size()}) {
      CAPTURE(c.bytes);
      CAPTURE(piece);
      const auto got = read(c.bytes, piece, bounds);
      REQUIRE(got.size() == 1);
      if (c.answer != nullptr) {
        CHECK(got[0] == c.answer);
      } else {
        CHECK(got[0][0] != '!');
      }
    }
  }
}

TEST_CASE("request reader: a trailer changes nothing that the header decided") {
  const auto got =
      read("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: evil\r\nx-y: 2\r\n\r\n", 1);
  CHECK(got == lines{"POST /"});
}
