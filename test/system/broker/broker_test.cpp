// What the other system tests take for granted of the broker and of their own tools.
#include "support/child_process.hpp"
#include "support/kafka_broker.hpp"
#include "support/kafka_client.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>

namespace corka::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a broker that is killed has all that it acknowledged when it is back") {
  kafka_broker broker;
  kafka_client client{broker.address()};
  client.create_topic("t", 2, {{"cleanup.policy", "compact"}});
  client.produce("t", 0, "a", "1");
  client.produce("t", 1, "b", "2");
  client.produce("t", 0, "a", "3");
  client.flush();
  broker.kill();
  broker.restart();
  client.produce("t", 1, "c", "");
  client.flush();
  CHECK(client.ends("t") == std::vector<std::int64_t>{2, 2});
  const std::map<std::string, std::string> expected{{"a", "3"}, {"b", "2"}, {"c", ""}};
  CHECK(client.table("t") == expected);
  CHECK(client.committed("nobody", "t") == std::vector<std::int64_t>{-1, -1});
}

TEST_CASE("child processes report how they ended") {
  const temporary_folder folder;
  child_process good{{"sh", "-c", "echo $GREETING; echo twice >&2; exit 3"}, folder / "good", {{"GREETING", "hello"}}};
  CHECK(good.wait(seconds{10}) == 3);
  CHECK(good.output() == "hello\ntwice\n");
  CHECK_FALSE(good.running());

  child_process killed{{"sleep", "60"}, folder / "killed"};
  CHECK(killed.running());
  CHECK_FALSE(killed.wait(milliseconds{1}).has_value());
  killed.kill();
  CHECK(killed.wait(milliseconds{0}) == 128 + SIGKILL);

  child_process stopped{{"sleep", "60"}, folder / "stopped"};
  CHECK(stopped.stop(seconds{10}) == 128 + SIGTERM);
}

}  // namespace corka::test
