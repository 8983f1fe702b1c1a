#include "kafka/rdkafka/fetcher.hpp"

#include "kafka/rdkafka/fetched_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::rdkafka {

std::unique_ptr<partition_feed> fetcher::feed(const topic_partition& where, offset from) {
  auto made = std::make_unique<partition_feed>(lines_->take(where), where, from);
  const auto& by = *made->shared_handle();
  by.log().debug(
      fmt::format("{}: {} is read from offset {} by {}", rd_kafka_name(by.get()), to_string(where), from.value, name_));
  return made;
}

void fetcher::prepare(const position& start) {
  const std::lock_guard lock{mutex_};
  auto& feeding = prepared_[start.where];
  feeding.reset();
  feeding = feed(start.where, start.next);
}

void fetcher::drop_prepared(const std::vector<partition_id>& partitions) {
  const std::lock_guard lock{mutex_};
  std::erase_if(prepared_, [&](const auto& feeding) {
    return std::find(partitions.begin(), partitions.end(), feeding.first.partition) != partitions.end();
  });
}

void fetcher::drop_prepared() {
  const std::lock_guard lock{mutex_};
  prepared_.clear();
}

std::unique_ptr<record_source> fetcher::open(const topic_partition& where, offset from,
                                             async::signal::notifier arrived) {
  std::unique_ptr<partition_feed> feeding;
  {
    const std::lock_guard lock{mutex_};
    if (auto found = prepared_.extract(where); !found.empty()) feeding = std::move(found.mapped());
  }
  if (feeding && feeding->from() != from) feeding.reset();
  if (!feeding) feeding = feed(where, from);
  return std::make_unique<fetched_source>(std::move(feeding), std::move(arrived));
}

}  // namespace corka::kafka::rdkafka
