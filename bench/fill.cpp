// Fills the input topic of the workload "count" on a Kafka, once for all runs.
#include "support/arguments.hpp"
#include "support/rdkafka.hpp"
#include "support/workload.hpp"

#include <corka/partitioner.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  const bench::arguments args{argc, argv, {{"--brokers", "127.0.0.1:9092"}, {"--records", "2000000"}}};
  const auto producer = bench::make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", args.text("--brokers")},
                                                               {"enable.idempotence", "true"},
                                                               {"linger.ms", "50"},
                                                               {"queue.buffering.max.messages", "200000"}});
  bench::create_topic(producer.get(), bench::input_topic, bench::partitions, {});
  const bench::kafka_topic topic{rd_kafka_topic_new(producer.get(), bench::input_topic, nullptr)};
  const auto records = args.number("--records");
  for (std::uint64_t i = 0; i < records; ++i) {
    const auto key = bench::key_text(bench::key_number(i));
    auto value = bench::value_text(i);
    const auto partition = corka::partition_of(key, bench::partitions).value;
    while (rd_kafka_produce(topic.get(), partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), key.data(),
                            key.size(), nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) bench::check(rd_kafka_last_error(), "produce");
      rd_kafka_poll(producer.get(), 10);
    }
    if (i % 1'000 == 0) rd_kafka_poll(producer.get(), 0);
  }
  bench::check(rd_kafka_flush(producer.get(), 60'000), "flush");
  std::printf("%llu records in %s\n", static_cast<unsigned long long>(records), bench::input_topic);
}
