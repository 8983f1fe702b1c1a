#include "query/assets.hpp"
#include "query/routes.hpp"
#include "support/fake_source.hpp"
#include "support/http_loopback.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace corka;

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file} << text;
}

struct program : test::http_loopback {
  test::fake_source source;
  explicit program(const std::filesystem::path& ui_dir = {}) {
    query::route_all(routes, source, ui_dir);
    start();
  }
};

// What a module of the dashboard imports, as it is written there.
std::vector<std::string> imports_of(const std::string& module) {
  std::vector<std::string> all;
  for (const char* const before : {"from '", "import '", "import('"}) {
    for (auto at = module.find(before); at != std::string::npos; at = module.find(before, at + 1)) {
      const auto begin = at + std::string{before}.size();
      all.push_back(module.substr(begin, module.find('\'', begin) - begin));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("assets: every module that a module imports is served, from here") {
  program p;
  const auto c = p.client();
  std::size_t modules = 0;
  for (const auto& a : query::assets()) {
    CAPTURE(a.path);
    CHECK_FALSE(a.type.empty());
    const auto r = c->get(a.path);
    CHECK(r.status == 200);
    CHECK(r.header("Content-Type") == a.type);
    if (!a.path.ends_with(".js") || a.path.find("/vendor/") != std::string::npos) continue;
    ++modules;
    for (const auto& name : imports_of(r.body)) {
      CAPTURE(name);
      REQUIRE(name.starts_with('.'));
      const auto path = (std::filesystem::path{a.path}.parent_path() / name).lexically_normal().generic_string();
      CHECK(c->get(path).status == 200);
    }
  }
  CHECK(modules > 5);
}

TEST_CASE("assets: a folder that is worked on is read again at each request") {
  const test::temporary_folder folder;
  write(folder / "index.html", "one");
  write(folder / "pages/a.js", "1");
  write(folder / "notes.txt", "not for the page");
  program p{folder.path()};
  const auto c = p.client();
  const auto first = c->get("/");
  CHECK(first.body == "one");
  CHECK(c->get("/assets/pages/a.js").header("Content-Type") == "text/javascript; charset=utf-8");
  CHECK(c->get("/assets/notes.txt").status == 404);
  CHECK(c->get("/", "If-None-Match: " + first.header("ETag").value() + "\r\n").status == 304);

  write(folder / "index.html", "two");
  CHECK(c->get("/", "If-None-Match: " + first.header("ETag").value() + "\r\n").body == "two");
  std::filesystem::remove(folder / "pages/a.js");
  CHECK(c->get("/assets/pages/a.js").status == 404);
}

TEST_CASE("assets: a folder without a dashboard is refused") {
  const test::temporary_folder folder;
  CHECK_THROWS_AS((void)query::assets(folder.path()), std::runtime_error);
  CHECK_THROWS_AS((void)query::assets(folder / "missing"), std::runtime_error);
}
