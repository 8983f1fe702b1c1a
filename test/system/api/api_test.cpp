// A running flights against its own description of its API.
#include "support/certificates.hpp"
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

TEST_CASE("api: whatever clients do, others are answered, records are processed, and memory is bounded") {
  const temporary_folder folder;
  const std::string token = "a-token-for-this-test";
  std::ofstream{folder / "token"} << token << "\n";
  const auto at = "127.0.0.1:" + std::to_string(free_port());
  // Files from a folder: there paths could lead somewhere.
  child_process flights{{FLIGHTS_PROGRAM, "--http", at, "--state-dir", (folder / "state").string(), "--rate", "100",
                         "--http-token-file", (folder / "token").string(), "--ui-dir", WEB},
                        folder / "flights"};
  INFO(flights.last_words());
  REQUIRE(
      eventually(seconds{60}, [&] { return http_get(at, "/api/v1/tables/planes-table/keys/N14228").status == 200; }));
  child_process hostile{{PYTHON, HOSTILE, at, std::to_string(flights.pid()), token}, folder / "hostile"};
  const auto code = hostile.wait(seconds{600});
  INFO(hostile.output());
  CHECK(code == 0);
  CHECK_FALSE(flights.printed(" error "));
  CHECK_FALSE(flights.printed(token));
  CHECK(flights.stop(seconds{20}) == 0);
}

TEST_CASE("api: by TLS, with the token for everything, it is the same for who has the token, and nothing for others") {
  const temporary_folder folder;
  const std::string token = "a-token-for-this-test";
  std::ofstream{folder / "token"} << token << "\n";
  const auto own = make_certificate(folder.path(), "own", {"IP:127.0.0.1"});
  const auto at = "127.0.0.1:" + std::to_string(free_port());
  child_process flights{
      {FLIGHTS_PROGRAM, "--http", at, "--state-dir", (folder / "state").string(), "--rate", "500", "--http-token-file",
       (folder / "token").string(), "--http-token-for", "all", "--http-cert", own.certificate, "--http-key", own.key},
      folder / "flights"};
  INFO(flights.last_words());
  child_process contract{
      {PYTHON, CONTRACT, "https://" + at, "N14228", token, "--everything", "--authorities", own.certificate},
      folder / "contract"};
  const auto code = contract.wait(seconds{240});
  INFO(contract.output());
  CHECK(code == 0);
  CHECK(http_get(at, "/healthz").status == 0);
  CHECK(flights.printed("https://" + at + "/"));
  CHECK_FALSE(flights.printed(token));
  CHECK(flights.stop(seconds{20}) == 0);
}

}  // namespace
}  // namespace corka::test
