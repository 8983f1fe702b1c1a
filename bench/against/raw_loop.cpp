// The reference: the workloads as a good engineer writes them by hand on librdkafka, one thread, nothing of corka.
//
// A group consumer reads the input; an unordered_map is the state, or the joined table, which is read before; each new
// state goes to a compacted changelog, each enriched record to the output, through an idempotent producer; once a
// second the offsets whose writes are all acknowledged are committed. After the last record it waits for the last
// acknowledgement.
#include "support/arguments.hpp"
#include "support/rdkafka.hpp"
#include "support/workload.hpp"

#include <corka/partitioner.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct string_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
template <class Value>
using map_of = std::unordered_map<std::string, Value, string_hash, std::equal_to<>>;

/// Per partition: where we are, and how many of our writes are acknowledged.
struct progress {
  std::int64_t next = -1;  // input offset
  std::int64_t sent = 0;
  std::int64_t acked = 0;
};

/// What is committed once the writes of that moment are acknowledged.
struct pending_commit {
  bool open = false;
  std::array<progress, bench::partitions> at{};
};

// Fetching and queueing as corka sets them, so that only the loop differs (lib/kafka/rdkafka).
const bench::kafka_properties consumer_settings{
    {"auto.offset.reset", "earliest"},
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"queued.max.messages.kbytes", "16384"},  // one queue here; corka has 2048 in each partition's
    {"queued.min.messages", "80000"},         // and 10000
    {"fetch.queue.backoff.ms", "1"},
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"session.timeout.ms", "6000"},
    {"heartbeat.interval.ms", "500"},
    {"check.crcs", "false"}};
const bench::kafka_properties producer_settings{{"enable.idempotence", "true"},
                                                {"linger.ms", "5"},
                                                {"queue.buffering.max.messages", "50000"},
                                                {"message.timeout.ms", "0"}};

class raw_loop {
 public:
  raw_loop(const std::string& brokers, const std::string& group, bench::workload work)
      : work_{std::move(work)}, written_{work_.stateful ? group + "-table" : work_.output} {
    auto producing = producer_settings;
    producing["bootstrap.servers"] = brokers;
    producer_ = bench::make_handle(RD_KAFKA_PRODUCER, producing,
                                   [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR); });
    reports_.reset(rd_kafka_queue_get_main(producer_.get()));
    if (work_.stateful)
      bench::create_topic(producer_.get(), written_, bench::partitions, {{"cleanup.policy", "compact"}});
    to_.reset(rd_kafka_topic_new(producer_.get(), written_.c_str(), nullptr));
    if (!work_.table.empty()) read_table(brokers);

    auto consuming = consumer_settings;
    consuming["bootstrap.servers"] = brokers;
    consuming["group.id"] = group;
    consumer_ = bench::make_handle(RD_KAFKA_CONSUMER, consuming);
    rd_kafka_poll_set_consumer(consumer_.get());
    input_.reset(rd_kafka_queue_get_consumer(consumer_.get()));
    const bench::kafka_partitions topics{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(topics.get(), work_.input.c_str(), RD_KAFKA_PARTITION_UA);
    bench::check(rd_kafka_subscribe(consumer_.get(), topics.get()), "subscribe");
  }

  ~raw_loop() { rd_kafka_consumer_close(consumer_.get()); }

  /// Seconds from the first record to the last acknowledgement.
  double run(std::uint64_t records, bool one_by_one) {
    clock_type::time_point first;
    auto next_commit = clock_type::time_point::max();
    std::uint64_t done = 0;
    std::array<rd_kafka_message_t*, 1'000> batch{};
    while (done < records) {
      const auto count = one_by_one ? poll_one_by_one(batch)
                                    : rd_kafka_consume_batch_queue(input_.get(), 10, batch.data(), batch.size());
      if (count > 0 && done == 0) {
        first = clock_type::now();
        next_commit = first + std::chrono::seconds{1};
      }
      for (ssize_t i = 0; i < count; ++i) {
        auto* const m = batch[static_cast<std::size_t>(i)];
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
          process(*m);
          ++done;
        } else if (m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          std::fprintf(stderr, "consume: %s\n", rd_kafka_message_errstr(m));
        }
        rd_kafka_message_destroy(m);
      }
      book_reports(0);
      if (clock_type::now() >= next_commit) {
        next_commit += std::chrono::seconds{1};
        if (!commit_.open) commit_ = {true, partitions_};
      }
      commit_if_acked();
    }
    while (outstanding_ > 0) book_reports(10);
    const std::chrono::duration<double> took = clock_type::now() - first;
    commit_ = {true, partitions_};
    commit_if_acked();
    return took.count();
  }

  /// How often the key occurred, by its state.
  [[nodiscard]] std::int64_t count_of(const std::string& key) const {
    if (const auto found = counts_.find(key); found != counts_.end()) return found->second;
    const auto found = texts_.find(key);
    return found == texts_.end() ? 0 : bench::count_in(work_, found->second);
  }

 private:
  ssize_t poll_one_by_one(std::array<rd_kafka_message_t*, 1'000>& batch) {
    std::size_t count = 0;
    while (count < batch.size()) {
      auto* const m = rd_kafka_consumer_poll(consumer_.get(), count == 0 ? 10 : 0);
      if (m == nullptr) break;
      batch[count++] = m;
    }
    return static_cast<ssize_t>(count);
  }

  void read_table(const std::string& brokers) {
    auto reading = consumer_settings;
    reading["bootstrap.servers"] = brokers;
    reading["group.id"] = "table";
    reading["enable.partition.eof"] = "true";
    const auto reader = bench::make_handle(RD_KAFKA_CONSUMER, reading);
    const bench::kafka_partitions all{rd_kafka_topic_partition_list_new(bench::partitions)};
    for (std::int32_t p = 0; p < bench::partitions; ++p)
      rd_kafka_topic_partition_list_add(all.get(), work_.table.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    bench::check(rd_kafka_assign(reader.get(), all.get()), "assign");
    for (std::int32_t ends = 0; ends < bench::partitions;) {
      auto* const m = rd_kafka_consumer_poll(reader.get(), 1'000);
      if (m == nullptr) continue;
      if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ends;
      else texts_.insert_or_assign(std::string{key_of(*m)}, std::string{value_of(*m)});
      rd_kafka_message_destroy(m);
    }
    rd_kafka_consumer_close(reader.get());
  }

  static std::string_view key_of(const rd_kafka_message_t& m) { return {static_cast<const char*>(m.key), m.key_len}; }
  static std::string_view value_of(const rd_kafka_message_t& m) { return {static_cast<const char*>(m.payload), m.len}; }
  template <class Value>
  static Value& at(map_of<Value>& in, std::string_view key) {
    auto found = in.find(key);
    if (found == in.end()) found = in.emplace(key, Value{}).first;
    return found->second;
  }

  void process(const rd_kafka_message_t& m) {
    const auto key = key_of(m);
    if (work_.name == "count") {
      std::array<char, 20> text;
      const auto* end = std::to_chars(text.data(), text.data() + text.size(), ++at(counts_, key)).ptr;
      write(m, m.partition, {text.data(), static_cast<std::size_t>(end - text.data())});
    } else if (work_.name == "profile") {
      auto& state = at(texts_, key);
      bench::next_state(state, value_of(m));
      write(m, m.partition, state);
    } else {
      const auto row = texts_.find(key);
      if (row == texts_.end()) bench::die("the key has no row");
      output_.assign(row->second).append(value_of(m));
      write(m, corka::partition_of(key, bench::partitions).value, output_);
    }
  }

  void write(const rd_kafka_message_t& m, std::int32_t partition, std::string_view value) {
    // librdkafka takes what it copies by a pointer that is not const.
    auto* const bytes = const_cast<char*>(value.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    // The report is booked for the partition of the input.
    auto* const of =
        reinterpret_cast<void*>(static_cast<std::intptr_t>(m.partition));  // NOLINT(performance-no-int-to-ptr)
    while (rd_kafka_produce(to_.get(), partition, RD_KAFKA_MSG_F_COPY, bytes, value.size(), m.key, m.key_len, of) !=
           0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) bench::check(rd_kafka_last_error(), "produce");
      book_reports(10);
    }
    ++outstanding_;
    auto& p = partitions_[static_cast<std::size_t>(m.partition)];
    p.next = m.offset + 1;
    ++p.sent;
  }

  void book_reports(int wait_ms) {
    while (auto event = bench::kafka_event{rd_kafka_queue_poll(reports_.get(), wait_ms)}) {
      wait_ms = 0;
      if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR) continue;
      while (const auto* m = rd_kafka_event_message_next(event.get())) {
        bench::check(m->err, "delivery");
        ++partitions_[static_cast<std::size_t>(reinterpret_cast<std::intptr_t>(m->_private))].acked;
        --outstanding_;
      }
    }
  }

  void commit_if_acked() {
    if (!commit_.open) return;
    for (std::size_t p = 0; p < partitions_.size(); ++p) {
      // Acknowledgements of one partition come in the order of its writes.
      if (partitions_[p].acked < commit_.at[p].sent) return;
    }
    const bench::kafka_partitions offsets{rd_kafka_topic_partition_list_new(bench::partitions)};
    for (std::int32_t p = 0; p < bench::partitions; ++p) {
      const auto next = commit_.at[static_cast<std::size_t>(p)].next;
      if (next >= 0) rd_kafka_topic_partition_list_add(offsets.get(), work_.input.c_str(), p)->offset = next;
    }
    bench::check(rd_kafka_commit(consumer_.get(), offsets.get(), 1), "commit");
    commit_.open = false;
  }

  bench::workload work_;
  std::string written_;
  bench::kafka_handle producer_;
  bench::kafka_queue reports_;
  bench::kafka_topic to_;
  bench::kafka_handle consumer_;
  bench::kafka_queue input_;
  map_of<std::int64_t> counts_;
  map_of<std::string> texts_;  // states, or the joined table
  std::string output_;
  std::array<progress, bench::partitions> partitions_{};
  std::uint64_t outstanding_ = 0;
  pending_commit commit_;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--brokers", "127.0.0.1:9092"},
                               {"--records", "2000000"},
                               {"--workload", "count"},
                               {"--group", "raw"},
                               {"--consume", "batch"}}};
  const auto records = args.number("--records");
  double took = 0;
  {
    const auto work = bench::workload_named(args.text("--workload"));
    raw_loop loop{args.text("--brokers"), args.text("--group"), work};
    took = loop.run(records, args.text("--consume") == "poll");
    const auto truth = work.stateful ? bench::truth(work, records) : std::vector<std::int64_t>{};
    for (std::uint64_t k = 0; k < truth.size(); k += 997) {
      if (loop.count_of(bench::key_text(k)) != truth[k]) bench::die("wrong state for " + bench::key_text(k));
    }
  }
  std::printf("{\"seconds\": %.6f, \"records\": %llu}\n", took, static_cast<unsigned long long>(records));
}
