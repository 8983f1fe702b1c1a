// What a group_member does besides the rebalances: errors, and whether the group can be reached.
#include "kafka/rdkafka/errors.hpp"
#include "kafka/rdkafka/group_member.hpp"
#include "kafka/rdkafka/requests.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {
// While all is well, and while it is not: a broker that hangs is noticed by this alone.
constexpr std::chrono::milliseconds quiet_interval{3'000};
constexpr std::chrono::milliseconds worried_interval{500};
constexpr std::chrono::milliseconds probe_patience{2'000};
}  // namespace

void group_member::on_error(rd_kafka_event_t* e) {
  auto code = rd_kafka_event_error(e);
  std::string text = rd_kafka_event_error_string(e);
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> buffer{};
    code = rd_kafka_fatal_error(client_->rk(), buffer.data(), buffer.size());
    text = buffer.data();
  }
  const auto what = fmt::format("group '{}'", options_.group.str());
  switch (to_errc(code)) {
    case errc::topic_unknown:
      topics_doubted_ = true;  // the broker that was asked may only not have heard of it yet
      return;
    case errc::broker_unavailable:
      worry_ = std::move(text);  // it may be a broker that the group does not need
      next_probe_ = {};
      return;
    case errc::duplicate_instance:
      end(std::make_exception_ptr(
          error{errc::duplicate_instance,
                fmt::format("{}: another member uses the instance id '{}': give every member one of its own", what,
                            options_.instance_id)}));
      return;
    case errc::unauthorized: end(std::make_exception_ptr(make_error(code, what, text))); return;
    case errc::invalid_option: {
      const bool mixed = code == RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL;
      end(std::make_exception_ptr(
          mixed ? error{errc::invalid_option,
                        fmt::format(
                            "{} has members with another assignment protocol: stop these, or use their membership "
                            "option here (beside goka: membership::range_kip848)",
                            what)}
                : make_error(code, what, text)));
      return;
    }
    default: break;
  }
  if (rd_kafka_event_error_is_fatal(e) != 0) {
    end(std::make_exception_ptr(make_error(code, what, text)));
  } else {
    client_->log().warn(fmt::format("{}: {}", what, text));
  }
}

void group_member::on_tick() {
  if (closing_) return;
  nudge();
  const auto now = client_->time().now();
  if (!probing_ && now >= next_probe_) probe();
  if (topics_doubted_ && !checking_topics_) check_topics();
}

// Any call that reaches librdkafka's main thread ends its sleep. This one does nothing else and waits for nothing:
// there is no offset in it to commit.
void group_member::nudge() {
  const auto none = native::make_list();
  static_cast<void>(rd_kafka_commit_queue(client_->rk(), none.get(), client_->replies(), nullptr, nullptr));
}

// Asks the group's coordinator something harmless.
void group_member::probe() {
  probing_ = true;
  const auto start = [this](void* opaque, rd_kafka_queue_t* replies) {
    const std::vector<topic_partition> one{{options_.driver, partition_id{0}}};
    start_group_offsets(*client_, options_.group, one, opaque, replies, probe_patience);
  };
  client_->request(start, [this](native::event answer) {
    probing_ = false;
    if (!answer) return;
    const auto code = rd_kafka_event_error(answer.get());
    const bool well = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    next_probe_ = client_->time().now() + (well ? quiet_interval : worried_interval);
    if (well) {
      set_connected(true, {});
    } else if (is_transient(code)) {
      set_connected(false, worry_.empty() ? rd_kafka_event_error_string(answer.get()) : worry_);
    } else if (to_errc(code) == errc::unauthorized) {
      end(std::make_exception_ptr(make_error(code, fmt::format("group '{}'", options_.group.str()))));
    }
  });
}

void group_member::set_connected(bool connected, const std::string& reason) {
  if (connected_ == connected) return;
  connected_ = connected;
  if (connected) worry_.clear();
  if (!closing_) report(connection_changed{connected, reason});
}

void group_member::check_topics() {
  checking_topics_ = true;
  const auto start = [this](void* opaque, rd_kafka_queue_t* replies) {
    start_describe(*asked_, topics_, opaque, replies);
  };
  asked_->request(start, [this](native::event answer) {
    checking_topics_ = false;
    if (!answer || rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return;  // asked again at the next tick
    topics_doubted_ = false;
    try {
      for (const auto& d : read_descriptions(answer.get())) {
        if (d.exists) continue;
        throw error{errc::topic_unknown,
                    fmt::format("group '{}' reads topic '{}', which the cluster does not have: create it",
                                options_.group.str(), d.topic.str())};
      }
    } catch (const error&) { end(std::current_exception()); }
  });
}

}  // namespace corka::kafka::rdkafka
