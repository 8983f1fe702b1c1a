#include "kafka/rdkafka/config.hpp"

#include "async/virtual_execution.hpp"
#include "kafka/rdkafka/make_cluster.hpp"
#include "kafka/rdkafka/property_catalog.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace corka;
using namespace corka::kafka::rdkafka;

namespace {

template <class F>
std::string message_of(errc kind, F f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.kind() == kind);
    return e.what();
  }
  FAIL("nothing was thrown");
  return {};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("property catalog: knows the names and kinds of the linked librdkafka") {
  const auto& known = property_catalog();
  CHECK(known.size() > 150);
  CHECK(known.at("bootstrap.servers").consumer);
  CHECK(known.at("bootstrap.servers").producer);
  CHECK(known.at("linger.ms").producer);
  CHECK_FALSE(known.at("linger.ms").consumer);
  CHECK(known.at("fetch.wait.max.ms").consumer);
  CHECK_FALSE(known.at("fetch.wait.max.ms").producer);
  CHECK(known.contains("message.timeout.ms"));  // a topic property
}

TEST_CASE("config: an unknown property is refused with the ones that may have been meant") {
  struct {
    const char* wrong;
    const char* meant;
  } const cases[] = {
      {"lingre.ms", "linger.ms"},
      {"linger", "linger.ms"},
      {"sasl.mechanisn", "sasl.mechanism"},
      {"security.protocl", "security.protocol"},
      {"compresion.type", "compression.type"},
      {"ssl.ca.loaction", "ssl.ca.location"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.wrong);
    const auto near = near_misses(c.wrong);
    REQUIRE_FALSE(near.empty());
    CHECK(near.size() <= 3);
    CHECK(std::find(near.begin(), near.end(), c.meant) != near.end());
    const auto text = message_of(errc::invalid_option, [&] { config{role::produce}.set(c.wrong, "1"); });
    CHECK(has(text, c.wrong));
    CHECK(has(text, c.meant));
  }
  CHECK(near_misses("zzzzzzzzzzzzzzzzzzzzzzzz").empty());
}

TEST_CASE("config: a bad value is refused by name") {
  const auto text = message_of(errc::invalid_option, [] { config{role::produce}.set("linger.ms", "soon"); });
  CHECK(has(text, "linger.ms"));
  CHECK(has(text, "correct it"));
}

TEST_CASE("config: what corka depends on cannot be set by a user, who is told what to do instead") {
  for (const auto* const name : {"enable.auto.commit", "group.id", "bootstrap.servers", "transactional.id"}) {
    const auto text = message_of(errc::invalid_option, [&] { config{role::group}.apply({{name, "x"}}); });
    CHECK(has(text, name));
  }
}

TEST_CASE("config: properties of the other kind of client are left out") {
  config consumer{role::fetch};
  consumer.apply({{"linger.ms", "7"}, {"fetch.wait.max.ms", "9"}});
  CHECK(consumer.describe() == "fetch.wait.max.ms=9");
  config producer{role::produce};
  producer.apply({{"linger.ms", "7"}, {"fetch.wait.max.ms", "9"}});
  CHECK(producer.describe() == "linger.ms=7");
}

TEST_CASE("config: secrets are masked wherever the settings are shown") {
  config c{role::admin};
  c.apply({{"sasl.password", "hunter2"},
           {"ssl.key.password", "hunter2"},
           {"ssl.keystore.password", "hunter2"},
           {"sasl.oauthbearer.config", "hunter2"},
           {"ssl.key.pem", "hunter2"},
           {"client.rack", "b"}});
  const auto text = c.describe();
  CHECK_FALSE(has(text, "hunter2"));
  CHECK(has(text, "sasl.password=***"));
  CHECK(has(text, "client.rack=b"));
  CHECK(is_secret("sasl.oauthbearer.client.secret"));
  CHECK_FALSE(is_secret("client.id"));
  CHECK_FALSE(is_secret("sasl.oauthbearer.token.endpoint.url"));
}

TEST_CASE("cluster: wrong settings are reported when it is made, not when it is used") {
  async::virtual_execution run;
  CHECK(has(message_of(errc::invalid_option,
                       [&] { static_cast<void>(make_cluster({"127.0.0.1:1", {{"sasl.usrename", "a"}}, {}}, run)); }),
            "sasl.username"));
  CHECK(has(message_of(errc::invalid_option, [&] { static_cast<void>(make_cluster({}, run)); }), "host:port"));
  CHECK(make_cluster({"127.0.0.1:1", {{"sasl.password", "hunter2"}}, {}}, run)->name() == "127.0.0.1:1");
}
