#include "kafka/rdkafka/fetcher.hpp"

#include "kafka/rdkafka/fetched_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::rdkafka {

fetcher::fetcher(std::shared_ptr<handle> h, executor control)
    : handle_{std::move(h)}, client_{std::make_shared<client>(handle_, std::move(control))} {
  // Sources report what concerns them; the rest would pile up unread.
  client::callbacks read;
  read.on_event = [h = handle_.get()](rd_kafka_event_t* e) {
    if (rd_kafka_event_error(e) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    h->log().debug(fmt::format("{}: {}", rd_kafka_err2name(rd_kafka_event_error(e)), rd_kafka_event_error_string(e)));
  };
  client_->start(std::move(read));
}

fetcher::~fetcher() { client_->stop(); }

void fetcher::warm(const topic_name& topic) {
  const std::lock_guard lock{mutex_};
  auto& known = warm_[topic];
  if (!known) known.reset(rd_kafka_topic_new(handle_->get(), topic.str().c_str(), nullptr));
}

void fetcher::prepare(const position& start) {
  warm(start.where.topic);
  const std::lock_guard lock{mutex_};
  auto& feed = prepared_[start.where];
  feed.reset();
  feed = std::make_unique<partition_feed>(handle_, start.where, start.next);
}

void fetcher::drop_prepared(const std::vector<partition_id>& partitions) {
  const std::lock_guard lock{mutex_};
  std::erase_if(prepared_, [&](const auto& feed) {
    return std::find(partitions.begin(), partitions.end(), feed.first.partition) != partitions.end();
  });
}

void fetcher::drop_prepared() {
  const std::lock_guard lock{mutex_};
  prepared_.clear();
}

std::unique_ptr<record_source> fetcher::open(const topic_partition& where, offset from,
                                             async::signal::notifier arrived) {
  warm(where.topic);
  std::unique_ptr<partition_feed> feed;
  {
    const std::lock_guard lock{mutex_};
    if (auto found = prepared_.extract(where); !found.empty()) feed = std::move(found.mapped());
  }
  if (feed && feed->from() != from) feed.reset();
  if (!feed) feed = std::make_unique<partition_feed>(handle_, where, from);
  return std::make_unique<fetched_source>(std::move(feed), std::move(arrived));
}

}  // namespace corka::kafka::rdkafka
