// Fills the topics of a workload on a Kafka, once for all runs.
#include "support/arguments.hpp"
#include "support/rdkafka.hpp"
#include "support/workload.hpp"

#include <corka/partitioner.hpp>

#include <cstdio>

namespace {

void write(rd_kafka_t* producer, rd_kafka_topic_t* topic, const std::string& key, std::string value) {
  const auto partition = corka::partition_of(key, bench::partitions).value;
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), key.data(), key.size(),
                          nullptr) != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) bench::check(rd_kafka_last_error(), "produce");
    rd_kafka_poll(producer, 10);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{
      argc, argv, {{"--brokers", "127.0.0.1:9092"}, {"--records", "2000000"}, {"--workload", "count"}}};
  const auto producer = bench::make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", args.text("--brokers")},
                                                               {"enable.idempotence", "true"},
                                                               {"linger.ms", "50"},
                                                               {"queue.buffering.max.messages", "200000"}});
  const auto work = bench::workload_named(args.text("--workload"));
  bench::create_topic(producer.get(), work.input, bench::partitions, {});
  if (!work.output.empty()) bench::create_topic(producer.get(), work.output, bench::partitions, {});
  if (!work.table.empty()) {
    bench::create_topic(producer.get(), work.table, bench::partitions, {{"cleanup.policy", "compact"}});
    const bench::kafka_topic table{rd_kafka_topic_new(producer.get(), work.table.c_str(), nullptr)};
    for (std::uint64_t k = 0; k < work.keys; ++k) {
      write(producer.get(), table.get(), bench::key_text(k), bench::row_text(k));
      if (k % 1'000 == 0) rd_kafka_poll(producer.get(), 0);
    }
  }
  const bench::kafka_topic topic{rd_kafka_topic_new(producer.get(), work.input.c_str(), nullptr)};
  const auto records = args.number("--records");
  const bench::key_numbers numbers{work};
  for (std::uint64_t i = 0; i < records; ++i) {
    write(producer.get(), topic.get(), bench::key_text(numbers(i)), bench::value_text(i));
    if (i % 1'000 == 0) rd_kafka_poll(producer.get(), 0);
  }
  bench::check(rd_kafka_flush(producer.get(), 60'000), "flush");
  std::printf("%llu records in %s\n", static_cast<unsigned long long>(records), work.input.c_str());
}
