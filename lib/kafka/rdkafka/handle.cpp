#include "kafka/rdkafka/handle.hpp"

#include "kafka/rdkafka/event_bridge.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace corka::kafka::rdkafka {

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
  const auto destroy = [keep = made->log_](rd_kafka_t* p) {
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
