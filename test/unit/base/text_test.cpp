#include "base/excerpt.hpp"
#include "base/log_line.hpp"

#include <corka/error.hpp>
#include <corka/ids.hpp>
#include <corka/log.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <system_error>
#include <vector>

using namespace corka;

TEST_CASE("excerpt: short text is shown whole, what cannot be printed as escapes") {
  CHECK(excerpt("") == R"("")");
  CHECK(excerpt("plain") == R"("plain")");
  CHECK(excerpt("say \"hi\"\\\n") == R"("say \"hi\"\\\n")");
  CHECK(excerpt(std::string("\0\x1b\xff", 3)) == R"("\x00\x1b\xff")");
}

TEST_CASE("excerpt: long text is cut around the position, and says how long it is") {
  CHECK(excerpt("0123456789", 4) == R"("0123"… (10 bytes))");
  CHECK(excerpt("0123456789", 4, 5) == R"(…"3456"… (10 bytes))");
  CHECK(excerpt("0123456789", 4, 9) == R"(…"6789" (10 bytes))");
  CHECK(excerpt("0123456789", 4, 999) == R"(…"6789" (10 bytes))");
  CHECK(excerpt("0123456789", 10, 9) == R"("0123456789")");
}

TEST_CASE("hex: two lower-case digits a byte") { CHECK(hex(std::string("\x00\x1f\xab\xff", 4)) == "001fabff"); }

TEST_CASE("log line: time, level, component, message") {
  CHECK(log_line(1'704'067'200'007, log_level::info, "planes/3", "ready", false) ==
        "2024-01-01T00:00:00.007Z info  planes/3: ready\n");
  CHECK(log_line(0, log_level::error, "", "gone", true) == "1970-01-01T00:00:00.000Z \033[31merror gone\033[0m\n");
}

TEST_CASE("log line: a message cannot fake another line or drive the terminal") {
  const auto line = log_line(0, log_level::warn, "a\nb", "bad key \033[2J\r\n2024 error fake", false);
  CHECK(line == "1970-01-01T00:00:00.000Z warn  a\n    b: bad key \\x1b[2J\\x0d\n    2024 error fake\n");
}

TEST_CASE("logger: messages below the least level are dropped, the name goes along") {
  std::vector<std::string> lines;
  const auto sink =
      std::make_shared<const log_sink>([&](log_level level, std::string_view component, std::string_view message) {
        lines.push_back(std::string{to_string(level)} + ' ' + std::string{component} + ' ' + std::string{message});
      });
  const logger log{sink, log_level::info, "group"};
  log.debug("no");
  log.info("yes");
  log.named("group/3").error("also");
  CHECK(lines == std::vector<std::string>{"info group yes", "error group/3 also"});
  logger{}.error("dropped");
  CHECK_FALSE(logger{}.enabled(log_level::error));
}

TEST_CASE("error: code, message and place are kept") {
  const error plain{errc::store_in_use, "state directory '/x' is in use by process 7: stop it, or use --instance"};
  CHECK(plain.code() == errc::store_in_use);
  CHECK(plain.kind() == errc::store_in_use);
  CHECK(std::string{plain.what()} == "state directory '/x' is in use by process 7: stop it, or use --instance");
  CHECK_FALSE(plain.where());
  const error placed{errc::decode_failed, "bad", {topic_name{"clicks"}, partition_id{3}}, offset{12}};
  REQUIRE(placed.where());
  CHECK(to_string(*placed.where()) == "clicks/3");
  CHECK(placed.at() == offset{12});
}

TEST_CASE("error category: every code has a text of its own") {
  std::set<std::string> texts;
  const auto last = static_cast<int>(errc::internal);
  for (int i = 1; i <= last; ++i) {
    const std::error_code code{i, error_category()};
    CHECK(code.message().find("unknown error") == std::string::npos);
    texts.insert(code.message());
  }
  CHECK(texts.size() == static_cast<std::size_t>(last));
  CHECK(std::error_code{last + 1, error_category()}.message() == "unknown error " + std::to_string(last + 1));
  CHECK(std::string{error_category().name()} == "corka");
}
