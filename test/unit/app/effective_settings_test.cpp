#include "app/effective_settings.hpp"

#include <doctest/doctest.h>

#include <string>

namespace corka::app_parts {
namespace {

std::string told(const std::vector<query::settings_section>& all) {
  std::string text;
  for (const auto& section : all) {
    for (const auto& s : section.settings) {
      text += section.name + " " + s.name + "=" + (s.masked ? "(masked)" : s.value.value_or("(not set)")) + "\n";
    }
  }
  return text;
}

}  // namespace

TEST_CASE("settings: everything in effect is shown but secrets") {
  settings flags;
  flags.runtime.brokers = "kafka1:9092";
  flags.http_token = "open-sesame";
  flags.http_connections = 10'000;
  for (const auto* secret : {"sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret",
                             "sasl.oauthbearer.config", "sasl.jaas.config", "ssl.keystore.password"}) {
    flags.runtime.kafka_properties[secret] = "hidden-" + std::string{secret};
  }
  flags.runtime.kafka_properties["security.protocol"] = "sasl_ssl";
  const auto text = told(settings_of(flags, "/state"));
  CAPTURE(text);
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("open-sesame") == std::string::npos);
  CHECK(text.find("kafka sasl.password=(masked)\n") != std::string::npos);
  CHECK(text.find("http http-connections=10000\n") != std::string::npos);
  CHECK(text.find("http http-token=(masked)\n") != std::string::npos);
  CHECK(text.find("kafka security.protocol=sasl_ssl\n") != std::string::npos);
  CHECK(text.find("runtime brokers=kafka1:9092\n") != std::string::npos);
  CHECK(text.find("runtime state-dir=/state\n") != std::string::npos);
  CHECK(text.find("runtime instance=(not set)\n") != std::string::npos);
}

TEST_CASE("settings: an instance has a name, its own or the machine's") {
  settings flags;
  CHECK_FALSE(identity_of(flags).empty());
  flags.runtime.instance = "two";
  CHECK(identity_of(flags) == "two");
}

}  // namespace corka::app_parts
