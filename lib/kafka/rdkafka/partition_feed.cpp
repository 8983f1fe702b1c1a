#include "kafka/rdkafka/partition_feed.hpp"

#include "kafka/rdkafka/errors.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace corka::kafka::rdkafka {

partition_feed::partition_feed(std::unique_ptr<fetch_lines::seat> by, topic_partition where, offset from)
    : seat_{std::move(by)}, where_{std::move(where)}, from_{from} {
  // Before the assignment: what has been forwarded to the handle's common queue does not come back.
  queue_.reset(rd_kafka_queue_get_partition(rk(), where_.topic.str().c_str(), where_.partition.value));
  if (!queue_) {
    throw error{errc::topic_unknown, fmt::format("{} cannot be read: there is no such partition", to_string(where_)),
                where_};
  }
  rd_kafka_queue_forward(queue_.get(), nullptr);
  const auto list = native::make_list();
  native::add(list, where_, from.value);
  const native::failure failed{rd_kafka_incremental_assign(rk(), list.get())};
  if (failed) {
    throw make_error(rd_kafka_error_code(failed.get()), fmt::format("{} cannot be read", to_string(where_)),
                     rd_kafka_error_string(failed.get()));
  }
}

partition_feed::~partition_feed() {
  const auto list = native::make_list();
  native::add(list, where_);
  const native::failure failed{rd_kafka_incremental_unassign(rk(), list.get())};
  if (failed)
    shared_handle()->log().debug(fmt::format("{}: {}", to_string(where_), rd_kafka_error_string(failed.get())));
  // What has arrived would stay in memory until the partition is read again.
  std::array<rd_kafka_message_t*, 64> rest{};
  while (true) {
    const auto n = rd_kafka_consume_batch_queue(queue_.get(), 0, rest.data(), rest.size());
    for (ssize_t i = 0; i < n; ++i) rd_kafka_message_destroy(rest[static_cast<std::size_t>(i)]);
    if (n <= 0) break;
  }
}

}  // namespace corka::kafka::rdkafka
