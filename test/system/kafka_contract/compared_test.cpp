// The transport contract's cases, on a real Kafka and on the embedded broker: they pass, and they come to the same,
// record by record, but for what the embedded broker's README lists.
#include "contract/kafka/transcripts.hpp"
#include "support/child_process.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace corka::test {

namespace {

std::string transcript_of(const std::string& program, const std::filesystem::path& folder) {
  const auto name = std::filesystem::path{program}.filename();
  const auto file = folder / (name.string() + ".transcript");
  child_process run{{program}, folder / (name.string() + ".log"), {{"CORKA_TRANSCRIPT", file.string()}}};
  const auto code = run.wait(std::chrono::minutes{14});
  if (code == 77) {
    // No Kafka on this machine.
    std::fputs(run.last_words().c_str(), stderr);
    std::fflush(nullptr);
    ::_exit(77);
  }
  CHECK_MESSAGE(code == 0, run.last_words(20'000));
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void check_same(const std::string& on_kafka, const std::string& here, const std::vector<known_difference>& known) {
  std::string all;
  for (const auto& finding : compare(on_kafka, here, known)) all += "  " + finding + "\n";
  CHECK_MESSAGE(all.empty(), "The embedded broker differs from Kafka in what its README does not list:\n" << all);
}

}  // namespace

TEST_CASE("transport contract: on Kafka and on the embedded broker its cases come to the same, record by record") {
  const auto known = known_differences(EMBEDDED_README);
  const temporary_folder folder;
  const auto on_kafka = transcript_of(ON_KAFKA, folder.path());
  REQUIRE(on_kafka.size() > 100'000);
  check_same(on_kafka, transcript_of(IN_MEMORY, folder.path()), known);
  check_same(on_kafka, transcript_of(ON_DISK, folder.path()), known);
}

}  // namespace corka::test
