#include "base/directory_lock.hpp"

#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <optional>
#include <string>

namespace corka::test {

namespace {

std::string refusal(const std::filesystem::path& folder) {
  try {
    const directory_lock second{"state folder", folder, "another name"};
    return {};
  } catch (const error& e) {
    CHECK(e.kind() == errc::store_in_use);
    return e.what();
  }
}

}  // namespace

TEST_CASE("directory lock: a second one is refused, by folder, owner and cure, until the first is gone") {
  temporary_folder folder;
  std::optional<directory_lock> first;
  first.emplace("state folder", folder / "group");
  const auto why = refusal(folder / "group");
  CHECK(why.find("state folder '" + (folder / "group").string()) != std::string::npos);
  CHECK(why.find("pid " + std::to_string(::getpid())) != std::string::npos);
  CHECK(why.find("(stop that one, or give this process another name)") != std::string::npos);
  CHECK(refusal(folder / "other").empty());
  first.reset();
  CHECK(refusal(folder / "group").empty());
}

TEST_CASE("directory lock: another process is named, and its death frees the folder") {
  temporary_folder folder;
  int held[2]{};
  REQUIRE(::pipe(held) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const directory_lock lock{"state folder", folder / "group"};
    if (::write(held[1], "x", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char x = 0;
  REQUIRE(::read(held[0], &x, 1) == 1);
  CHECK(refusal(folder / "group").find("is in use by process " + std::to_string(child)) != std::string::npos);
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(refusal(folder / "group").empty());
  ::close(held[0]);
  ::close(held[1]);
}

TEST_CASE("directory lock: a folder that cannot be made is an error that names it") {
  temporary_folder folder;
  std::ofstream{folder / "file"} << "x";
  CHECK_THROWS_WITH_AS(directory_lock("state folder", folder / "file/group"),
                       doctest::Contains("file/group' cannot be written"), error);
}

}  // namespace corka::test
