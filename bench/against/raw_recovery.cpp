// The reference for recovery: a plain librdkafka consumer that fills an unordered_map from the changelog, one thread,
// nothing of corka, nothing on disk.
#include "support/arguments.hpp"
#include "support/rdkafka.hpp"
#include "support/workload.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

struct string_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
using state_map = std::unordered_map<std::string, std::string, string_hash, std::equal_to<>>;

void take(state_map& state, const rd_kafka_message_t& m) {
  const std::string_view key{static_cast<const char*>(m.key), m.key_len};
  const std::string_view value{static_cast<const char*>(m.payload), m.len};
  const auto found = state.find(key);
  if (m.payload == nullptr) {
    if (found != state.end()) state.erase(found);
  } else if (found == state.end()) {
    state.emplace(key, value);
  } else {
    found->second.assign(value);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc, argv, {{"--brokers", "127.0.0.1:9092"}, {"--topic", "bench-large-table"}}};
  // Fetching as corka sets it, so that only the loop differs (lib/kafka/rdkafka).
  const auto consumer = bench::make_handle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", args.text("--brokers")},
                                                               {"group.id", "raw-recovery"},
                                                               {"enable.auto.commit", "false"},
                                                               {"enable.auto.offset.store", "false"},
                                                               {"queued.max.messages.kbytes", "16384"},
                                                               {"queued.min.messages", "80000"},
                                                               {"fetch.queue.backoff.ms", "1"},
                                                               {"check.crcs", "false"}});
  rd_kafka_poll_set_consumer(consumer.get());
  const bench::kafka_queue queue{rd_kafka_queue_get_consumer(consumer.get())};
  const auto topic = args.text("--topic");

  std::array<std::int64_t, bench::partitions> missing{};
  std::int64_t left = 0;
  const bench::kafka_partitions assignment{rd_kafka_topic_partition_list_new(bench::partitions)};
  for (std::int32_t p = 0; p < bench::partitions; ++p) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    bench::check(rd_kafka_query_watermark_offsets(consumer.get(), topic.c_str(), p, &low, &high, 30'000), topic);
    rd_kafka_topic_partition_list_add(assignment.get(), topic.c_str(), p)->offset = low;
    missing[static_cast<std::size_t>(p)] = high;
    left += high > low ? 1 : 0;
  }

  const auto started = std::chrono::steady_clock::now();
  bench::check(rd_kafka_assign(consumer.get(), assignment.get()), "assign");
  state_map state;
  std::uint64_t records = 0;
  std::array<rd_kafka_message_t*, 1'000> batch{};
  while (left > 0) {
    const auto count = rd_kafka_consume_batch_queue(queue.get(), 10, batch.data(), batch.size());
    for (ssize_t i = 0; i < count; ++i) {
      auto* const m = batch[static_cast<std::size_t>(i)];
      if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        take(state, *m);
        ++records;
        if (m->offset + 1 == missing[static_cast<std::size_t>(m->partition)]) --left;
      }
      rd_kafka_message_destroy(m);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  rd_kafka_consumer_close(consumer.get());
  std::printf("{\"seconds\": %.6f, \"recovered\": %llu, \"rows\": %zu}\n", took.count(),
              static_cast<unsigned long long>(records), state.size());
}
