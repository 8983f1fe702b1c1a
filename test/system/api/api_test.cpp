// A running flights against its own description of its API.
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

namespace corka::test {
namespace {

using std::chrono::seconds;

TEST_CASE("api: every documented path answers as documented, and nothing else") {
  const temporary_folder folder;
  const std::string token = "a-token-for-this-test";
  std::ofstream{folder / "token"} << token << "\n";
  const auto at = "127.0.0.1:" + std::to_string(free_port());
  child_process flights{{FLIGHTS_PROGRAM, "--http", at, "--state-dir", (folder / "state").string(), "--rate", "500",
                         "--http-token-file", (folder / "token").string()},
                        folder / "flights"};
  INFO(flights.last_words());
  REQUIRE(eventually(seconds{60}, [&] { return http_get(at, "/readyz").status == 200; }));
  REQUIRE(
      eventually(seconds{60}, [&] { return http_get(at, "/api/v1/tables/planes-table/keys/N14228").status == 200; }));
  child_process contract{{PYTHON, CONTRACT, at, "N14228", token}, folder / "contract"};
  const auto code = contract.wait(seconds{240});
  INFO(contract.output());
  CHECK(code == 0);
  CHECK(http_get(at, "/api/v1/config").body.find(token) == std::string::npos);
  CHECK_FALSE(flights.printed(token));
  CHECK(flights.stop(seconds{20}) == 0);
}

}  // namespace
}  // namespace corka::test
