#include "query/assets.hpp"
#include "query/embedded_files.hpp"
#include "query/routes.hpp"
#include "support/fake_source.hpp"
#include "support/http_loopback.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace corka;

namespace {

struct program : test::http_loopback {
  test::fake_source source;
  query::event_log log{time};
  query::monitor monitor{loop.get_executor(), time, source, log};
  explicit program(const std::filesystem::path& ui_dir = {}) {
    query::route_all(routes, source, monitor, {.ui_dir = ui_dir});
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
  for (const auto& f : query::embedded_files()) {
    if (f.path == "openapi.json") continue;
    const auto at = f.path == "index.html" ? std::string{"/"} : "/assets/" + std::string{f.path};
    CAPTURE(at);
    const auto r = c->get(at);
    CHECK(r.status == 200);
    CHECK(r.header("Content-Type") == query::content_type_of(f.path));
    if (!at.ends_with(".js") || at.find("/vendor/") != std::string::npos) continue;
    ++modules;
    for (const auto& name : imports_of(r.body)) {
      CAPTURE(name);
      REQUIRE(name.starts_with('.'));
      const auto path = (std::filesystem::path{at}.parent_path() / name).lexically_normal().generic_string();
      CHECK(c->get(path).status == 200);
    }
  }
  CHECK(modules > 5);
}
