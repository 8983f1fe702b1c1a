#include "kafka/rdkafka/errors.hpp"

#include <doctest/doctest.h>

using namespace corka;
using namespace corka::kafka::rdkafka;

TEST_CASE("errors: librdkafka's codes become corka's") {
  struct {
    rd_kafka_resp_err_t code;
    errc kind;
  } const cases[] = {
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, errc::topic_unknown},
      {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, errc::topic_unknown},
      {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, errc::offset_out_of_range},
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, errc::record_too_large},
      {RD_KAFKA_RESP_ERR__AUTHENTICATION, errc::unauthorized},
      {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, errc::unauthorized},
      {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, errc::duplicate_instance},
      {RD_KAFKA_RESP_ERR_UNRELEASED_INSTANCE_ID, errc::duplicate_instance},
      {RD_KAFKA_RESP_ERR_UNSUPPORTED_ASSIGNOR, errc::invalid_option},
      {RD_KAFKA_RESP_ERR__TRANSPORT, errc::broker_unavailable},
      {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, errc::broker_unavailable},
      {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, errc::timed_out},
      {RD_KAFKA_RESP_ERR_INVALID_RECORD, errc::delivery_failed},
  };
  for (const auto& c : cases) {
    CAPTURE(rd_kafka_err2name(c.code));
    CHECK(to_errc(c.code) == c.kind);
  }
}

TEST_CASE("errors: a failed commit says whether to keep it") {
  struct {
    rd_kafka_resp_err_t code;
    errc kind;
  } const cases[] = {
      {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, errc::rebalance_in_progress},
      {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, errc::rebalance_in_progress},
      {RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH, errc::rebalance_in_progress},
      {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, errc::not_assigned},
      {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, errc::not_assigned},
      {RD_KAFKA_RESP_ERR__WAIT_COORD, errc::broker_unavailable},
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, errc::broker_unavailable},
      {RD_KAFKA_RESP_ERR_UNKNOWN, errc::broker_unavailable},  // keeping one too many does no harm
  };
  for (const auto& c : cases) {
    CAPTURE(rd_kafka_err2name(c.code));
    CHECK(commit_errc(c.code) == c.kind);
  }
}

TEST_CASE("errors: the message names the thing, the cause and the cure") {
  const auto e = make_error(RD_KAFKA_RESP_ERR__AUTHENTICATION, "group 'planes'", "SASL says no");
  CHECK(e.kind() == errc::unauthorized);
  const std::string text = e.what();
  CHECK(text.find("group 'planes'") != std::string::npos);
  CHECK(text.find("SASL says no") != std::string::npos);
  CHECK(text.find("check the credentials") != std::string::npos);
  CHECK(is_transient(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION));
  CHECK_FALSE(is_transient(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
}
