// What librdkafka's error codes mean to corka.
#pragma once

#include <corka/error.hpp>

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

namespace corka::kafka::rdkafka {

/// Of a delivery, an admin answer, or a source.
[[nodiscard]] errc to_errc(rd_kafka_resp_err_t code) noexcept;

/// Of a commit: says whether to keep it (rebalance_in_progress, broker_unavailable) or drop it (the rest).
[[nodiscard]] errc commit_errc(rd_kafka_resp_err_t code) noexcept;

/// Asking again may give another answer.
[[nodiscard]] bool is_transient(rd_kafka_resp_err_t code) noexcept;

/// "topic 'a': Broker: Unknown topic or partition (UNKNOWN_TOPIC_OR_PART): create it", as an error of to_errc's kind.
[[nodiscard]] error make_error(rd_kafka_resp_err_t code, std::string_view what, std::string_view detail = {});

}  // namespace corka::kafka::rdkafka
