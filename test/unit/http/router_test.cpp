#include <corka/http/router.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

using namespace corka::http;
using namespace std::string_literals;

namespace {

// A router whose handlers are told apart by their address alone.
struct fixture {
  router routes;
  router::scratch space;

  fixture(std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
    for (const auto& [method, pattern] : all) {
      routes.add(method, pattern, [](request) -> corka::task<response> { co_return response{}; });
    }
  }
  // "name=value" of each parameter, "-" for none; or the outcome.
  std::string find(std::string_view method, std::string_view path) {
    const auto m = routes.find(method, path, space);
    switch (m.result) {
      case router::outcome::no_path: return "no path";
      case router::outcome::no_method: return "only " + std::string{m.allow};
      case router::outcome::malformed: return "malformed";
      case router::outcome::found: break;
    }
    std::string all;
    for (const auto& p : space.parameters) all += (all.empty() ? "" : " ") + p.name + "=" + p.value;
    return all.empty() ? "-" : all;
  }
};

}  // namespace

TEST_CASE("router: parameters are decoded after the path is split") {
  fixture f{{"GET", "/tables/{table}/keys/{key}"}};
  CHECK(f.find("GET", "/tables/planes/keys/N14228") == "table=planes key=N14228");
  CHECK(f.find("GET", "/tables/a%2Fb/keys/%2F") == "table=a/b key=/");
  CHECK(f.find("GET", "/tables/t/keys/%00%ff") == "table=t key=\0\xff"s);
  CHECK(f.find("GET", "/tables/t/keys/") == "table=t key=");
  CHECK(f.find("GET", "/tables/t/keys/a+b") == "table=t key=a+b");
  CHECK(f.find("GET", "/tables/t/keys") == "no path");
  CHECK(f.find("GET", "/tables/t/keys/a/b") == "no path");
  CHECK(f.find("GET", "/tables/t/keys/..") == "table=t key=..");
  CHECK(f.find("GET", "/t%61bles/t/keys/1") == "table=t key=1");
}

TEST_CASE("router: malformed encoding is told apart from a path that is not there") {
  fixture f{{"GET", "/keys/{key}"}};
  CHECK(f.find("GET", "/keys/%4") == "malformed");
  CHECK(f.find("GET", "/keys/a b") == "malformed");
  CHECK(f.find("GET", "keys/a") == "malformed");
  CHECK(f.find("GET", "") == "malformed");
  CHECK(f.find("GET", "/" + std::string(5'000, '/')) == "no path");
}

TEST_CASE("router: text beats a parameter, and a branch that leads nowhere is left again") {
  fixture f{
      {"GET", "/p/{group}"}, {"GET", "/p/all"}, {"GET", "/p/all/x"}, {"GET", "/p/{group}/partitions"}, {"GET", "/"}};
  CHECK(f.find("GET", "/p/all") == "-");
  CHECK(f.find("GET", "/p/ALL") == "group=ALL");
  CHECK(f.find("GET", "/p/all/x") == "-");
  CHECK(f.find("GET", "/p/all/partitions") == "group=all");
  CHECK(f.find("GET", "/p/all/y") == "no path");
  CHECK(f.find("GET", "/") == "-");
  CHECK(f.find("GET", "//") == "no path");
}

TEST_CASE("router: each method has its own handler, and GET's answers HEAD") {
  fixture f{{"GET", "/a"}, {"POST", "/a"}, {"PUT", "/{name}"}};
  CHECK(f.find("HEAD", "/a") == "-");
  CHECK(f.find("POST", "/a") == "-");
  CHECK(f.find("DELETE", "/a") == "only GET, HEAD, POST, OPTIONS");
  CHECK(f.find("get", "/a") == "only GET, HEAD, POST, OPTIONS");
  CHECK(f.find("HEAD", "/b") == "only PUT, OPTIONS");
  auto& space = f.space;
  CHECK(f.routes.find("GET", "/a", space).run != f.routes.find("POST", "/a", space).run);
  CHECK(f.routes.find("GET", "/a", space).run == f.routes.find("HEAD", "/a", space).run);
}

TEST_CASE("router: patterns that cannot work are refused") {
  fixture f{{"GET", "/a/{x}"}};
  const auto h = [](request) -> corka::task<response> { co_return response{}; };
  CHECK_THROWS_AS(f.routes.get("", h), std::invalid_argument);
  CHECK_THROWS_AS(f.routes.get("a", h), std::invalid_argument);
  CHECK_THROWS_AS(f.routes.get("/a/{y}", h), std::invalid_argument);
  CHECK_THROWS_AS(f.routes.get("/a/b{y}", h), std::invalid_argument);
  CHECK_THROWS_AS(f.routes.get("/a/{}", h), std::invalid_argument);
  CHECK_NOTHROW(f.routes.post("/a/{y}", h));
}
