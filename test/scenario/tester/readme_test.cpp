// The page's tests are those that are run.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string contents(const std::string& file) {
  std::ifstream in{file};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The first C++ below a heading of the front page.
std::string code_below(const std::string& heading) {
  const auto readme = contents(CORKA_SOURCE_DIR "/README.md");
  const std::string fence = "```cpp\n";
  const auto section = readme.find("\n" + heading + "\n");
  REQUIRE(section != std::string::npos);
  const auto begin = readme.find(fence, section) + fence.size();
  return readme.substr(begin, readme.find("```", begin) - begin);
}

TEST_CASE("README: the test under 'Testing your processors' is that of apps/clicks") {
  CHECK(code_below("## Testing your processors") == contents(CORKA_SOURCE_DIR "/apps/clicks/test.cpp"));
}

TEST_CASE("README: the simulation under 'Simulating' is that of apps/clicks") {
  CHECK(code_below("### Simulating") == contents(CORKA_SOURCE_DIR "/apps/clicks/simulated.cpp"));
}

}  // namespace
