// A running flights against its own description of its API.
#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

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

namespace {

/// One attack of hostile.py on a flights that was started with these flags, and what flights has printed.
std::string after(const std::string& attack, std::vector<std::string> flags, std::vector<std::string> how) {
  const temporary_folder folder;
  const auto at = "127.0.0.1:" + std::to_string(free_port());
  std::vector<std::string> command{FLIGHTS_PROGRAM, "--http", at, "--state-dir", (folder / "state").string(),
                                   "--rate",        "100"};
  command.insert(command.end(), flags.begin(), flags.end());
  child_process flights{std::move(command), folder / "flights"};
  INFO(flights.last_words());
  REQUIRE(
      eventually(seconds{60}, [&] { return http_get(at, "/api/v1/tables/planes-table/keys/N14228").status == 200; }));
  std::vector<std::string> attacked{PYTHON, HOSTILE, at, std::to_string(flights.pid()), "none", "--only", attack};
  attacked.insert(attacked.end(), how.begin(), how.end());
  child_process hostile{std::move(attacked), folder / "hostile"};
  const auto code = hostile.wait(seconds{300});
  INFO(hostile.output());
  CHECK(code == 0);
  CHECK(flights.stop(seconds{20}) == 0);
  return flights.output();
}

}  // namespace

TEST_CASE("api: where so many are allowed 10,000 idle connections stay, and others are answered") {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  if (files.rlim_max < 13'000) {
    MESSAGE("left out: this machine allows only " << files.rlim_max << " open files");
    return;
  }
  const auto printed = after("idle_connections", {"--http-connections", "12000"}, {"--connections", "12000"});
  CHECK(printed.find(" error ") == std::string::npos);
}

TEST_CASE("api: without open files it says so once, answers others and processes records") {
  const auto printed = after("more_than_files", {}, {});
  CAPTURE(printed);
  const auto told = printed.find("cannot accept connections: Too many open files");
  REQUIRE(told != std::string::npos);
  CHECK(printed.find("cannot accept connections", told + 1) == std::string::npos);
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
