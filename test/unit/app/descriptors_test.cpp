#include "app/descriptors.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <limits>
#include <string>

namespace corka::app_parts {

TEST_CASE("descriptors: the limit is raised as far as connections need it, and never lowered") {
  constexpr auto any = std::numeric_limits<std::uint64_t>::max();
  CHECK(files_for(512, 1'024, 4'096) == 1'024);
  CHECK(files_for(513, 1'024, 4'096) == 1'025);
  CHECK(files_for(1, 256, 4'096) == 513);
  CHECK(files_for(3'584, 1'024, 4'096) == 4'096);
  CHECK(files_for(100'000, 1'024, any) == 100'512);
  CHECK(files_for(100'000, any, any) == any);
}

TEST_CASE("descriptors: what the hard limit does not allow is said with what it does") {
  const auto told = [](std::uint64_t connections, std::uint64_t hard) {
    try {
      (void)files_for(connections, 1, hard);
    } catch (const error& e) {
      CHECK(e.kind() == errc::invalid_option);
      return std::string{e.what()};
    }
    return std::string{};
  };
  const auto text = told(3'585, 4'096);
  CAPTURE(text);
  CHECK(text.find("--http-connections: 3585 connections need 4097 open files, and this process may have 4096: raise") !=
        std::string::npos);
  CHECK(text.find("give 3584 or fewer") != std::string::npos);
  const auto none = told(512, 512);
  CAPTURE(none);
  CHECK(none.find("raise it") != std::string::npos);
  CHECK(none.find("or fewer") == std::string::npos);
}

TEST_CASE("descriptors: this process's own limit is raised") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(before.rlim_max >= other_descriptors + 20);
  auto low = before;
  low.rlim_cur = 500;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  allow_files_for(10);
  rlimit raised{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &raised) == 0);
  CHECK(raised.rlim_cur == other_descriptors + 10);
  CHECK(raised.rlim_max == before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace corka::app_parts
