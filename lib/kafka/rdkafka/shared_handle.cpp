#include "kafka/rdkafka/shared_handle.hpp"

#include "kafka/rdkafka/errors.hpp"

#include <boost/asio/post.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace corka::kafka::rdkafka {

/// The clients, which may each end at any time.
struct shared_handle::audience {
  void hear(const std::shared_ptr<client>& c) {
    const std::lock_guard lock{mutex};
    std::erase_if(clients, [](const auto& known) { return known.expired(); });
    clients.push_back(c);
    if (!refused.empty()) tell(c);
  }
  void refuse(std::string why, clock::time_point now) {
    const std::lock_guard lock{mutex};
    refused = std::move(why);
    refused_at = now;
    for (const auto& known : clients) {
      if (auto c = known.lock()) tell(std::move(c));
    }
  }
  // Who may be the last to hold it ends it on its strand.
  void tell(std::shared_ptr<client> c) {
    const auto there = c->control();
    boost::asio::post(there, [c = std::move(c), why = refused, when = refused_at] { c->refuse(why, when); });
  }

  std::mutex mutex;
  std::vector<std::weak_ptr<client>> clients;
  std::string refused;
  clock::time_point refused_at{};
};

std::shared_ptr<shared_handle> shared_handle::make(std::shared_ptr<handle> h) {
  return std::shared_ptr<shared_handle>{new shared_handle{std::move(h)}};
}

shared_handle::shared_handle(std::shared_ptr<handle> h)
    : handle_{std::move(h)},
      audience_{std::make_shared<audience>()},
      listener_{std::make_shared<client>(handle_, handle_->where().worker(0))} {
  client::callbacks to;
  to.on_event = [all = audience_, l = listener_.get()](rd_kafka_event_t* e) {
    const bool refused =
        rd_kafka_event_type(e) == RD_KAFKA_EVENT_ERROR && to_errc(rd_kafka_event_error(e)) == errc::unauthorized;
    if (refused) all->refuse(rd_kafka_event_error_string(e), l->time().now());
  };
  boost::asio::post(listener_->control(), [l = listener_, to = std::move(to)]() mutable { l->start(std::move(to)); });
}

shared_handle::~shared_handle() {
  const auto there = listener_->control();
  boost::asio::post(there, [l = std::move(listener_)] { l->stop(); });
}

std::shared_ptr<client> shared_handle::client_on(executor control) {
  // The client's handle keeps all of this.
  const std::shared_ptr<handle> keeping{shared_from_this(), handle_.get()};
  auto made = std::make_shared<client>(keeping, std::move(control), hears::answers);
  made->start({});
  audience_->hear(made);
  return made;
}

}  // namespace corka::kafka::rdkafka
