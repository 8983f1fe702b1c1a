#include "store/state_directory.hpp"

#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace corka::test {

using store::safe_file_name;
using store::state_directory;

namespace {

/// Sets environment variables for a test and puts them back.
class environment_variable {
 public:
  environment_variable(const char* name, std::optional<std::string> value) : name_{name} {
    if (const char* text = std::getenv(name); text != nullptr) before_ = text;
    set(value);
  }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;
  ~environment_variable() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

topic_partition tp(std::string topic, std::int32_t partition) {
  return {topic_name{std::move(topic)}, partition_id{partition}};
}

}  // namespace

TEST_CASE("safe file name: plain names stay, everything else is percent-encoded") {
  CHECK(safe_file_name("Planes-table_1.v2") == "Planes-table_1.v2");
  CHECK(safe_file_name("a/b") == "a%2Fb");
  CHECK(safe_file_name("50%") == "50%25");
  CHECK(safe_file_name("côt") == "c%C3%B4t");
  CHECK(safe_file_name(std::string("\0\n", 2)) == "%00%0A");
  CHECK(safe_file_name(".") == "%2E");
  CHECK(safe_file_name("..") == "%2E%2E");
  CHECK(safe_file_name("...") == "...");
  CHECK(safe_file_name("") == "%");
}

TEST_CASE("safe file name: long ones are bounded, whole and different") {
  std::set<std::string> names;
  std::set<std::string> seen;
  for (std::size_t length = 0; length < 300; ++length) {
    for (const auto* piece : {"a", "/", "a/"}) {
      std::string name;
      while (name.size() < length) name += piece;
      for (const char last : {'x', 'y'}) {
        const auto safe = safe_file_name(name + last);
        CHECK(safe.size() <= 200);
        names.insert(name + last);
        seen.insert(safe);
        // No escape is cut in the middle.
        for (std::size_t i = 0; i < safe.size(); ++i) {
          if (safe[i] == '%') REQUIRE(safe.substr(i, 3) == "%2F");
        }
      }
    }
  }
  CHECK(seen.size() == names.size());
  const std::string longest_topic(249, 't');
  CHECK(safe_file_name(longest_topic) != safe_file_name(longest_topic.substr(1)));
}

TEST_CASE("state directory: every table partition has its folder below its owner's") {
  temporary_folder root;
  const state_directory clickers{root.path(), "clickers"};
  CHECK(clickers.folder() == root / "clickers");
  CHECK(std::filesystem::is_directory(clickers.folder()));
  CHECK(clickers.folder_of(tp("clickers-table", 12)) == root / "clickers/clickers-table/12");
  CHECK(clickers.folder_of(tp("../x", 0)) == root / "clickers/..%2Fx/0");
}

TEST_CASE("state directory: an owner is held once, an instance of it has a folder of its own") {
  temporary_folder root;
  const state_directory first{root.path(), "clickers"};
  CHECK_THROWS_WITH_AS(state_directory(root.path(), "clickers"), doctest::Contains("--instance"), error);
  const state_directory second{root.path(), "clickers", "b"};
  CHECK(second.folder() == root / "clickers@b");
  CHECK(state_directory(root.path(), "clickers@b").folder() == root / "clickers%40b");
  CHECK(
      state_directory(root.path(), std::string(500, 'g'), std::string(500, 'i')).folder().filename().string().size() <=
      255);
}

TEST_CASE("state directory: the default root is CORKA_STATE_DIR, XDG_STATE_HOME/corka or ~/.local/state/corka") {
  const environment_variable own{"CORKA_STATE_DIR", "/srv/own"};
  const environment_variable xdg{"XDG_STATE_HOME", "/srv/xdg"};
  const environment_variable home{"HOME", "/srv/home"};
  CHECK(state_directory::default_root() == "/srv/own");
  {
    const environment_variable empty{"CORKA_STATE_DIR", ""};
    CHECK(state_directory::default_root() == "/srv/xdg/corka");
    for (const auto& ignored : {std::optional<std::string>{}, std::optional<std::string>{"relative/path"}}) {
      const environment_variable none{"XDG_STATE_HOME", ignored};
      CHECK(state_directory::default_root() == "/srv/home/.local/state/corka");
    }
  }
  const environment_variable relative{"CORKA_STATE_DIR", "here"};
  CHECK(state_directory::default_root() == std::filesystem::current_path() / "here");
}

}  // namespace corka::test
