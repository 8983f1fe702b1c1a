#include "kafka/embedded/topic_config.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace corka;
using corka::kafka::embedded::check_topic_name;
using corka::kafka::embedded::topic_config;

namespace {

std::string refusal(const std::string& name, const std::string& value) {
  try {
    static_cast<void>(topic_config::parse("clicks", {{name, value}}));
    return "taken";
  } catch (const error& e) {
    CHECK(e.kind() == errc::invalid_option);
    return e.what();
  }
}

}  // namespace

TEST_CASE("topic config: Kafka's defaults, and what is set") {
  const auto plain = topic_config::parse("t", {});
  CHECK_FALSE(plain.compacted);
  CHECK(plain.deleted);
  CHECK(plain.retention_ms == 604'800'000);
  CHECK(plain.max_message_bytes == 1'048'588);

  const auto set = topic_config::parse("t", {{"cleanup.policy", "compact"},
                                             {"retention.ms", "-1"},
                                             {"retention.bytes", "5000"},
                                             {"segment.bytes", "4096"},
                                             {"segment.ms", "10"},
                                             {"delete.retention.ms", "7"},
                                             {"max.message.bytes", "2000000"},
                                             {"min.cleanable.dirty.ratio", "0.25"}});
  CHECK(set.compacted);
  CHECK_FALSE(set.deleted);
  CHECK_FALSE(set.retention_ms);
  CHECK(set.retention_bytes == 5000);
  CHECK(set.segment_bytes == 4096);
  CHECK(set.segment_ms == 10);
  CHECK(set.delete_retention_ms == 7);
  CHECK(set.max_message_bytes == 2'000'000);
  CHECK(set.min_cleanable_dirty_ratio == 0.25);

  const auto both = topic_config::parse("t", {{"cleanup.policy", "compact,delete"}});
  CHECK(both.compacted);
  CHECK(both.deleted);
}

TEST_CASE("topic config: what Kafka does not know is refused, with the topic and the name") {
  CHECK(refusal("retention.mss", "1").find("'clicks'") != std::string::npos);
  CHECK(refusal("retention.mss", "1").find("'retention.mss'") != std::string::npos);
  CHECK(refusal("retention.ms", "soon").find("retention.ms=soon") != std::string::npos);
  CHECK(refusal("retention.ms", "-2") != "taken");
  CHECK(refusal("cleanup.policy", "none").find("cleanup.policy=none") != std::string::npos);
  CHECK(refusal("compression.type", "zstd") == "taken");
  CHECK(refusal("min.insync.replicas", "2") == "taken");
}

TEST_CASE("topic names: letters, digits, dots, underscores and dashes") {
  check_topic_name("a.B_c-9");
  check_topic_name(std::string(249, 'x'));
  for (const std::string bad : {"", ".", "..", "a/b", "a b", "ä", "~a"}) CHECK_THROWS_AS(check_topic_name(bad), error);
  CHECK_THROWS_AS(check_topic_name(std::string(250, 'x')), error);
}
