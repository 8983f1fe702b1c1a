// A cluster that asks for credentials, and wrong ones.
#include "contract/kafka/transport_user.hpp"
#include "support/kafka_broker.hpp"
#include "system/kafka_contract/real_transport.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;

namespace {

const kafka_broker& guarded() {
  static const kafka_broker started{{"listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                                     "sasl.enabled.mechanisms=PLAIN", "sasl.mechanism.inter.broker.protocol=PLAIN",
                                     "listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security."
                                     "plain.PlainLoginModule required "
                                     "username=\"broker\" password=\"b\" user_broker=\"b\" user_anna=\"right\";"}};
  return started;
}

std::map<std::string, std::string> login(const std::string& password) {
  return {{"security.protocol", "SASL_PLAINTEXT"},
          {"sasl.mechanism", "PLAIN"},
          {"sasl.username", "anna"},
          {"sasl.password", password}};
}

template <class F>
std::optional<errc> failure_of(real_transport& t, F f) {
  std::optional<errc> kind;
  try {
    t.run(f());
  } catch (const error& e) { kind = e.kind(); }
  return kind;
}

task<> describe(std::shared_ptr<kafka::admin> admin) {
  std::vector<topic_name> none{topic_name{"no-such-topic"}};
  const auto found = co_await admin->describe(std::move(none));
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found.front().exists);
}

task<> write(std::shared_ptr<kafka::producer> producer) {
  const auto topic = co_await producer->topic(topic_name{"no-such-topic"});
}

task<> hear(kafka::member* member) {
  while (true) { const auto event = co_await member->next(); }
}

}  // namespace

TEST_CASE("refused: with the right password the cluster answers") {
  real_transport t{guarded().address(), login("right")};
  CHECK_FALSE(failure_of(t, [&] { return describe(t.cluster().make_admin(t.control())); }).has_value());
}

TEST_CASE("refused: a wrong password is an error of whatever is asked, and soon") {
  real_transport t{guarded().address(), login("wrong")};
  const auto start = t.time().now();
  CHECK(failure_of(t, [&] { return describe(t.cluster().make_admin(t.control())); }) == errc::unauthorized);
  CHECK(failure_of(t, [&] { return write(t.cluster().make_producer({}, t.control())); }) == errc::unauthorized);
  kafka::member_options options;
  options.group = group_name{"g"};
  options.driver = topic_name{"no-such-topic"};
  const auto member = t.cluster().join(options, t.control());
  CHECK(failure_of(t, [&] { return hear(member.get()); }) == errc::unauthorized);
  t.run(member->close(t.time().now() + 2s));
  CHECK(t.time().now() - start < 20s);
}

TEST_CASE("refused: a group on a topic that does not exist ends with an error that names it") {
  real_transport t{guarded().address(), login("right")};
  kafka::member_options options;
  options.group = group_name{"g"};
  options.driver = topic_name{"no-such-topic"};
  const auto member = t.cluster().join(options, t.control());
  CHECK(failure_of(t, [&] { return hear(member.get()); }) == errc::topic_unknown);
  t.run(member->close(t.time().now() + 2s));
}
