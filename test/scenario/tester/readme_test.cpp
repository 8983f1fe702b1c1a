// The page's test is the one that is run.
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

TEST_CASE("README: the test under 'Testing your processors' is that of apps/clicks") {
  const auto readme = contents(CORKA_SOURCE_DIR "/README.md");
  const std::string fence = "```cpp\n";
  const auto section = readme.find("## Testing your processors");
  REQUIRE(section != std::string::npos);
  const auto begin = readme.find(fence, section) + fence.size();
  CHECK(readme.substr(begin, readme.find("```", begin) - begin) == contents(CORKA_SOURCE_DIR "/apps/clicks/test.cpp"));
}

}  // namespace
