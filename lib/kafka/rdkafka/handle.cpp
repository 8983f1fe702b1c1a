#include "kafka/rdkafka/handle.hpp"

#include "kafka/rdkafka/event_bridge.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

constexpr std::chrono::milliseconds between_answers{10};
constexpr int answers = 50;

/// Blocks, but not for long. Once a group is being left the destruction waits without a bound for an answer to each
/// rebalance (rd_kafka_cgrp_terminate0), which nobody reads any more: any assign call is one. What else the group waits
/// for ends with the destruction itself.
void answer_last_rebalances(rd_kafka_t* rk) {
  for (int i = 0; i < answers && rd_kafka_consumer_closed(rk) == 0; ++i) {
    static_cast<void>(rd_kafka_assign(rk, nullptr));
    std::this_thread::sleep_for(between_answers);
  }
}

}  // namespace

std::shared_ptr<handle> handle::make(config settings, async::execution& where, logger log) {
  auto made = std::shared_ptr<handle>{new handle{where, std::make_unique<logger>(std::move(log))}};
  const auto type = settings.type();
  auto conf = settings.take();
  rd_kafka_conf_set_opaque(conf.get(), const_cast<logger*>(made->log_.get()));
  rd_kafka_conf_set_log_cb(conf.get(), &event_bridge::log);

  std::array<char, 512> text{};
  auto* const rk = rd_kafka_new(type, conf.get(), text.data(), text.size());
  if (rk == nullptr) {
    throw error{errc::invalid_option, fmt::format("librdkafka refuses the settings together: {}: correct them ({})",
                                                  text.data(), settings.describe())};
  }
  static_cast<void>(conf.release());
  const auto destroy = [keep = made->log_, leaving = made->leaving_](rd_kafka_t* p) {
    if (*leaving) answer_last_rebalances(p);
    rd_kafka_destroy_flags(p, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  };
  made->rk_ = std::shared_ptr<rd_kafka_t>{rk, destroy};
  if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(rk);
  made->log_->debug(fmt::format("{}: {}", rd_kafka_name(rk), settings.describe()));
  return made;
}

handle::~handle() {
  if (!rk_) return;
  // A pool that takes no more work drops the function, and with it the instance.
  auto last = [rk = std::move(rk_)]() mutable { rk.reset(); };
  where_.run_blocking(std::move(last), where_.worker(0), [] {});
}

}  // namespace corka::kafka::rdkafka
