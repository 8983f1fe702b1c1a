#include "kafka/rdkafka/group_member.hpp"

#include "async/backoff.hpp"
#include "kafka/rdkafka/errors.hpp"
#include "kafka/rdkafka/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

using namespace std::chrono_literals;

// librdkafka's main thread sleeps up to a second by itself, and only then looks at heartbeats and rebalances.
constexpr auto tick = 50ms;
// Members that revoke nothing rejoin no sooner than a second after their last join, so an answer within it delays
// nobody.
constexpr auto answer_within = 700ms;

}  // namespace

group_member::group_member(member_options options, std::shared_ptr<handle> group, std::shared_ptr<fetch_lines> fetch,
                           std::shared_ptr<client> asked, executor control)
    : options_{std::move(options)},
      client_{std::make_shared<client>(std::move(group), control)},
      asked_{std::move(asked)},
      fetcher_{std::make_shared<fetcher>(std::move(fetch), "group " + options_.group.str())},
      inbox_{std::make_shared<inbox>(control)},
      closed_{control} {
  topics_.push_back(options_.driver);
  if (shares_by_range(options_.protocol)) {
    topics_.insert(topics_.end(), options_.beside.begin(), options_.beside.end());
  }
  // Before the first assignment, which would otherwise wait for the next refresh of the metadata.
  fetcher_->warm(options_.driver);
  for (const auto& topic : options_.beside) fetcher_->warm(topic);

  client::callbacks to;
  to.on_event = [this](rd_kafka_event_t* e) { on_event(e); };
  to.on_tick = [this] { on_tick(); };
  to.tick = tick;
  client_->start(std::move(to));
  subscribe();
}

group_member::~group_member() {
  const auto text = fmt::format("the member of group '{}' is gone", options_.group.str());
  end(std::make_exception_ptr(error{errc::stopped, text}));
  asked_->stop();
  client_->stop();
}

void group_member::subscribe() {
  const auto list = native::make_list(static_cast<int>(topics_.size()));
  for (const auto& topic : topics_) native::add(list, {topic, partition_id{RD_KAFKA_PARTITION_UA}});
  const auto code = rd_kafka_subscribe(client_->rk(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw make_error(code,
                     fmt::format("group '{}' cannot subscribe to '{}'", options_.group.str(), options_.driver.str()));
  }
}

task<member_event> group_member::next() { return take(inbox_); }

std::string group_member::id() const {
  char* const known = rd_kafka_memberid(client_->rk());
  if (known == nullptr) return {};
  std::string id{known};
  rd_kafka_mem_free(client_->rk(), known);
  return id;
}

task<member_event> group_member::take(std::shared_ptr<inbox> from) {
  while (!from->ended && from->events.empty()) {
    from->changed.reset();
    co_await from->changed.wait();
  }
  if (from->ended) std::rethrow_exception(from->ended);
  auto e = std::move(from->events.front());
  from->events.pop_front();
  co_return e;
}

void group_member::report(member_event e) {
  inbox_->events.push_back(std::move(e));
  inbox_->changed.set();
}

void group_member::end(std::exception_ptr why) {
  if (!inbox_->ended) inbox_->ended = std::move(why);
  inbox_->changed.set();
}

void group_member::on_event(rd_kafka_event_t* e) {
  switch (rd_kafka_event_type(e)) {
    case RD_KAFKA_EVENT_REBALANCE: on_rebalance(e); break;
    case RD_KAFKA_EVENT_ERROR: on_error(e); break;
    default: break;
  }
}

// The numbers for which every subscribed topic has been given to us, by this assignment or earlier ones. The consumer
// protocol brings what other members have given back already, so the topics of one number may come one by one.
std::vector<partition_id> group_member::completed_by(const rd_kafka_topic_partition_list_t* list) {
  if (options_.protocol == membership::range) topics_with_.clear();  // eager: this is all there is
  for (const auto& p : native::elements(list)) ++topics_with_[partition_id{p.partition}];
  std::vector<partition_id> numbers;
  for (const auto& [number, topics] : topics_with_) {
    if (topics == topics_.size() && !leases_.contains(number)) numbers.push_back(number);
  }
  return numbers;
}

// The numbers that we have and of which a topic is taken.
std::vector<partition_id> group_member::broken_by(const rd_kafka_topic_partition_list_t* list) {
  std::set<partition_id> numbers;
  for (const auto& p : native::elements(list)) {
    const partition_id number{p.partition};
    if (const auto with = topics_with_.find(number); with != topics_with_.end() && --with->second == 0) {
      topics_with_.erase(with);
    }
    // What was never handed out needs no giving back.
    if (leases_.contains(number)) numbers.insert(number);
  }
  return {numbers.begin(), numbers.end()};
}

void group_member::on_rebalance(rd_kafka_event_t* e) {
  const bool assigns = rd_kafka_event_error(e) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  const auto* const list = rd_kafka_event_topic_partition_list(e);
  auto numbers = assigns ? completed_by(list) : broken_by(list);
  const bool is_lost = !assigns && rd_kafka_assignment_lost(client_->rk()) != 0;
  client_->log().debug(fmt::format("group '{}': {} {} of {} partitions", options_.group.str(),
                                   assigns   ? "assigns"
                                   : is_lost ? "has taken away"
                                             : "revokes",
                                   numbers.size(), list->cnt));
  if (assigns) set_connected(true, {});
  const bool tells = assigns ? !std::exchange(joined_, true) || !numbers.empty() : !numbers.empty();
  if (closing_ || !tells) {
    answer(assigns);
    return;
  }
  question_ = question{assigns, {numbers.begin(), numbers.end()}};
  if (assigns) {
    leases_.insert(numbers.begin(), numbers.end());
    report(assigned{std::move(numbers)});
  } else if (is_lost) {
    for (const auto p : numbers) leases_.erase(p);
    report(lost{std::move(numbers)});
  } else {
    const auto now = client_->time().now();
    // Under an eager protocol everybody stands still until everybody has answered.
    const auto until = options_.protocol == membership::range ? now : now + answer_within;
    report(revoked{std::move(numbers), until});
  }
}

void group_member::answer(bool assigns) {
  const auto none = native::make_list();
  native::failure failed;
  if (options_.protocol != membership::range) {
    failed.reset(assigns ? rd_kafka_incremental_assign(client_->rk(), none.get())
                         : rd_kafka_incremental_unassign(client_->rk(), none.get()));
  } else if (const auto code = rd_kafka_assign(client_->rk(), assigns ? none.get() : nullptr)) {
    failed.reset(rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)));
  }
  if (failed) {
    client_->log().warn(fmt::format("group '{}': {}", options_.group.str(), rd_kafka_error_string(failed.get())));
  }
}

void group_member::accept(const assigned&, const std::vector<position>& starts) {
  if (closing_ || !question_ || !question_->assigns) return;  // ended meanwhile
  question_.reset();
  answer(true);
  for (const auto& start : starts) fetcher_->prepare(start);
}

void group_member::release(const std::vector<partition_id>& partitions) {
  fetcher_->drop_prepared(partitions);
  for (const auto p : partitions) leases_.erase(p);
  if (closing_ || !question_ || question_->assigns) return;
  for (const auto p : partitions) question_->open.erase(p);
  if (!question_->open.empty()) return;
  question_.reset();
  answer(false);
}

std::unique_ptr<record_source> group_member::open(const topic_partition& where, offset from,
                                                  async::signal::notifier arrived) {
  return fetcher_->open(where, from, std::move(arrived));
}

void group_member::topic_is(const topic_name& topic, std::string_view id) { fetcher_->topic_is(topic, id); }

task<std::vector<std::optional<offset>>> group_member::committed(std::vector<topic_partition> of) {
  const auto c = client_;
  const auto group = options_.group;
  async::backoff wait{100ms, 2s};
  while (true) {
    try {
      auto asked = of;
      co_return co_await group_offsets(c, group, std::move(asked));
    } catch (const error& e) {
      if (e.kind() != errc::broker_unavailable && e.kind() != errc::rebalance_in_progress) throw;
      if (wait.tries() == 0) c->log().warn(fmt::format("{}; corka goes on trying", e.what()));
    }
    co_await async::sleep_for(c->time(), wait.next());
  }
}

task<std::error_code> group_member::commit(std::vector<position> positions) {
  const auto c = client_;
  const auto group = options_.group.str();
  const auto list = native::make_list(static_cast<int>(positions.size()));
  for (const auto& p : positions) {
    if (leases_.contains(p.where.partition)) native::add(list, p.where, p.next.value);
  }
  const bool foreign = static_cast<std::size_t>(list->cnt) < positions.size();
  const auto foreign_code = foreign ? make_error_code(errc::not_assigned) : std::error_code{};
  if (list->cnt == 0) co_return foreign_code;
  if (c->stopped()) co_return make_error_code(errc::not_assigned);

  const auto start = [&](void* opaque, rd_kafka_queue_t* replies) {
    static_cast<void>(rd_kafka_commit_queue(c->rk(), list.get(), replies, nullptr, opaque));
  };
  native::event answer;
  try {
    answer = co_await c->ask(start);
  } catch (const error& e) { co_return make_error_code(e.kind()); }  // the broker refuses us, and `next` says so
  auto code = rd_kafka_event_error(answer.get());
  for (const auto& p : native::elements(rd_kafka_event_topic_partition_list(answer.get()))) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = p.err;
  }
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) co_return foreign_code;
  c->log().debug(fmt::format("group '{}': a commit failed: {}", group, rd_kafka_err2str(code)));
  co_return make_error_code(commit_errc(code));
}

task<> group_member::close(clock::time_point deadline) {
  if (std::exchange(closing_, true)) {
    co_await closed_.wait();
    co_return;
  }
  const auto text = fmt::format("the member of group '{}' has been closed", options_.group.str());
  end(std::make_exception_ptr(error{errc::stopped, text}));
  const auto c = client_;
  if (question_) answer(std::exchange(question_, std::nullopt)->assigns);
  leases_.clear();
  fetcher_->drop_prepared();

  // From here on librdkafka's events come to the reply queue, and on_rebalance answers them by itself. No commit may be
  // started any more, not even `nudge`: one that arrives while the group ends aborts the process
  // (rd_kafka_cgrp_terminated).
  c->shared_handle()->leaves();
  const native::failure refused{rd_kafka_consumer_close_queue(c->rk(), c->replies())};
  if (refused)
    c->log().debug(fmt::format("group '{}': {}", options_.group.str(), rd_kafka_error_string(refused.get())));
  while (!refused && rd_kafka_consumer_closed(c->rk()) == 0) {
    c->drain();
    if (rd_kafka_consumer_closed(c->rk()) != 0) break;
    if (c->time().now() >= deadline) {
      c->log().warn(fmt::format("group '{}': could not leave in time: its partitions are free after session.timeout.ms",
                                options_.group.str()));
      break;
    }
    co_await async::sleep_for(c->time(), 5ms);
  }
  asked_->stop();
  c->stop();
  closed_.set();
}

}  // namespace corka::kafka::rdkafka
