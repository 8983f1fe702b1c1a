#include "kafka/rdkafka/client.hpp"

#include "kafka/rdkafka/errors.hpp"

#include <corka/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace corka::kafka::rdkafka {

namespace {

// Events read before others on the strand get a turn. One event holds a whole request's delivery reports.
constexpr int events_per_turn = 64;

// librdkafka says the same about a broker once in thirty seconds, and is silent in between.
constexpr std::chrono::seconds silence{35};

native::queue main_queue(rd_kafka_t* rk) {
  return native::queue{rd_kafka_type(rk) == RD_KAFKA_CONSUMER ? rd_kafka_queue_get_consumer(rk)
                                                              : rd_kafka_queue_get_main(rk)};
}

bool answers_a_request(rd_kafka_event_type_t type) {
  switch (type) {
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
    case RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT:
    case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
    case RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT:
    case RD_KAFKA_EVENT_LISTOFFSETS_RESULT:
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT: return true;
    default: return false;
  }
}

}  // namespace

client::client(std::shared_ptr<handle> h, executor control, hears what)
    : handle_{std::move(h)},
      control_{std::move(control)},
      check_{control_},
      awake_{control_},
      ticks_{control_, handle_->where().time()},
      main_{what == hears::everything ? main_queue(handle_->get()) : native::queue{}},
      replies_{rd_kafka_queue_new(handle_->get())} {}

void client::start(callbacks to) {
  to_ = std::move(to);
  if (main_) main_bridge_.emplace(main_.get(), awake_.remote());
  replies_bridge_.emplace(replies_.get(), awake_.remote());
  boost::asio::co_spawn(control_, pump(shared_from_this()), boost::asio::detached);
  if (to_.on_tick) boost::asio::co_spawn(control_, ticking(shared_from_this()), boost::asio::detached);
}

void client::stop() noexcept {
  if (std::exchange(stopped_, true)) return;
  main_bridge_.reset();
  replies_bridge_.reset();
  ticks_.cancel();
  awake_.notify();
  drop_requests();
  to_ = {};
}

void client::drop_requests() {
  const auto open = std::exchange(open_, {});
  for (const auto& [id, answered] : open) answered(nullptr);
}

task<> client::ticking(std::shared_ptr<client> self) {
  while (!self->stopped_) {
    co_await self->ticks_.wait_for(self->to_.tick);
    self->tick_due_ = true;
    self->awake_.notify();
  }
}

task<> client::pump(std::shared_ptr<client> self) {
  while (!self->stopped_) {
    co_await self->awake_.wait();
    if (self->stopped_) break;
    if (std::exchange(self->tick_due_, false)) self->to_.on_tick();
    bool more = !self->stopped_ && self->read(self->main_.get());
    more |= !self->stopped_ && self->read(self->replies_.get());
    if (more) self->awake_.notify();
    if (!more && !self->stopped_ && self->to_.on_idle) self->to_.on_idle();
  }
}

void client::drain() {
  check_("rdkafka::client::drain");
  while (!stopped_ && read(main_.get())) {}
  while (!stopped_ && read(replies_.get())) {}
}

bool client::read(rd_kafka_queue_t* from) {
  if (from == nullptr) return false;
  for (int n = 0; n < events_per_turn; ++n) {
    native::event e{rd_kafka_queue_poll(from, 0)};
    if (!e) return false;
    take(std::move(e));
    if (stopped_) return false;
  }
  return true;
}

void client::take(native::event e) {
  if (!answers_a_request(rd_kafka_event_type(e.get()))) {
    const bool is_error = rd_kafka_event_type(e.get()) == RD_KAFKA_EVENT_ERROR;
    if (is_error && to_errc(rd_kafka_event_error(e.get())) == errc::unauthorized) {
      // librdkafka goes on knocking until the request times out.
      refuse(rd_kafka_event_error_string(e.get()), time().now());
    }
    if (to_.on_event) to_.on_event(e.get());
    return;
  }
  const auto id = reinterpret_cast<std::uintptr_t>(rd_kafka_event_opaque(e.get()));
  auto found = open_.extract(id);
  if (!found.empty()) found.mapped()(std::move(e));
}

void client::refuse(std::string why, clock::time_point when) {
  refused_ = std::move(why);
  refused_at_ = when;
  drop_requests();
}

std::uint64_t client::request(const issue& start, std::function<void(native::event)> answered) {
  check_("rdkafka::client::request");
  const auto id = ++last_request_;
  open_.emplace(id, std::move(answered));
  start(reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)), replies_.get());
  return id;
}

task<native::event> client::ask(issue start) {
  const auto self = shared_from_this();
  if (stopped_) throw error{errc::stopped, "the Kafka client has been closed"};
  struct answer {
    explicit answer(const executor& ex) : there{ex} {}
    async::event there;
    native::event event;
  };
  const auto got = std::make_shared<answer>(control_);
  const auto take_answer = [got](native::event e) {
    got->event = std::move(e);
    got->there.set();
  };
  const auto id = request(start, take_answer);
  struct forgotten {
    client& of;
    std::uint64_t id;
    ~forgotten() { of.forget(id); }
  } const at_end{*self, id};
  co_await got->there.wait();
  if (!got->event && stopped_) {
    throw error{errc::stopped, "the Kafka client was closed before its request was answered"};
  }
  const bool answered = got->event && !is_transient(rd_kafka_event_error(got->event.get()));
  if (answered) refused_.clear();
  const bool stands = !refused_.empty() && time().now() - refused_at_ < silence;
  if (!got->event || (!answered && stands)) {
    throw make_error(RD_KAFKA_RESP_ERR__AUTHENTICATION, "the cluster does not let us in", refused_);
  }
  co_return std::move(got->event);
}

}  // namespace corka::kafka::rdkafka
