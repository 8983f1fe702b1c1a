// A broker on virtual time and the few things that its tests do with it.
#pragma once

#include "async/signal.hpp"
#include "async/virtual_execution.hpp"
#include "kafka/embedded/broker.hpp"
#include "kafka/ports.hpp"
#include "log_text.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

class broker_user {
 public:
  explicit broker_user(kafka::embedded::broker_options options = {}) {
    options.log = book.to();
    options.seed = 7;
    broker = kafka::embedded::broker::open(threads, options);
    cluster = kafka::embedded::make_cluster(broker);
    admin = cluster->make_admin(threads.executor());
    kafka::producer_options with;
    with.client_id = "writer";
    producer = cluster->make_producer(with, threads.executor());
    sink = producer->attach(reports);
  }
  broker_user(const broker_user&) = delete;
  broker_user& operator=(const broker_user&) = delete;
  ~broker_user() { threads.run(producer->close(threads.time().now())); }

  struct report_book final : kafka::delivery_sink {
    void delivered(std::span<const kafka::delivery_report> r) noexcept override {
      all.insert(all.end(), r.begin(), r.end());
    }
    std::vector<kafka::delivery_report> all;
  };

  void create(const std::string& topic, std::int32_t partitions = 1, std::map<std::string, std::string> config = {}) {
    std::vector<kafka::new_topic> wanted{{topic_name{topic}, partitions, -1, std::move(config)}};
    threads.run(admin->create(std::move(wanted)));
  }
  void send(const std::string& topic, const std::string& key, std::optional<std::string> value,
            std::int32_t partition = 0, std::int64_t timestamp_ms = -1) {
    const auto output = threads.run(producer->topic(topic_name{topic}));
    kafka::outgoing what;
    what.partition = partition_id{partition};
    what.key = key;
    what.tombstone = !value;
    what.timestamp_ms = timestamp_ms;
    if (value) what.value = *value;
    producer->send(*output, what, sink, sent++);
  }
  void write(const std::string& topic, const std::string& key, std::optional<std::string> value,
             std::int32_t partition = 0, std::int64_t timestamp_ms = -1) {
    send(topic, key, std::move(value), partition, timestamp_ms);
    producer->hurry();
    threads.settle();
  }
  /// "0 anna=1": what a new reader finds.
  std::vector<std::string> read(const std::string& topic, std::int32_t partition = 0, std::int64_t from = 0) {
    const auto reader = cluster->reader("reader", threads.executor());
    const async::signal arrived{threads.executor()};
    const auto source = reader->open({topic_name{topic}, partition_id{partition}}, offset{from}, arrived.remote());
    return drain(*source);
  }
  static std::vector<std::string> drain(kafka::record_source& source) {
    std::vector<std::string> all;
    kafka::record_batch batch;
    while (source.poll({}, batch)) {
      for (const auto& r : batch.records) {
        auto line = std::to_string(r.at.value) + " " + std::string{r.key};
        if (!r.tombstone) line += "=" + std::string{r.value};
        all.push_back(std::move(line));
      }
    }
    return all;
  }
  offset_range range(const std::string& topic, std::int32_t partition = 0) {
    std::vector<topic_partition> of{{topic_name{topic}, partition_id{partition}}};
    return threads.run(admin->offsets(std::move(of))).at(0);
  }
  kafka::member_options member(const std::string& group, const std::string& topic, const std::string& client) const {
    kafka::member_options o;
    o.group = group_name{group};
    o.driver = topic_name{topic};
    o.client_id = client;
    o.session_timeout = std::chrono::seconds{3};
    return o;
  }

  async::virtual_execution threads;
  log_book book;
  std::shared_ptr<kafka::embedded::broker> broker;
  std::shared_ptr<kafka::cluster> cluster;
  std::shared_ptr<kafka::admin> admin;
  std::shared_ptr<kafka::producer> producer;
  std::shared_ptr<report_book> reports = std::make_shared<report_book>();
  kafka::sink_id sink{};
  std::uint64_t sent = 0;
};

/// What `next` gives when it is awaited in the background: "assigned 0 1", "lost 0", "connected", "error ...".
class event_book {
 public:
  event_book(broker_user& u, kafka::member& m) { u.threads.start(listen(&m, lines)); }
  [[nodiscard]] std::vector<std::string> take() const { return std::exchange(*lines, {}); }

 private:
  static std::string named(std::string word, const std::vector<partition_id>& partitions) {
    for (const auto p : partitions) word += " " + std::to_string(p.value);
    return word;
  }
  static task<> listen(kafka::member* m, std::shared_ptr<std::vector<std::string>> to) {
    try {
      while (true) {
        const auto event = co_await m->next();
        if (const auto* a = std::get_if<kafka::assigned>(&event)) {
          to->push_back(named("assigned", a->partitions));
          m->accept(*a, {});
        } else if (const auto* r = std::get_if<kafka::revoked>(&event)) {
          to->push_back(named("revoked", r->partitions));
          m->release(r->partitions);
        } else if (const auto* l = std::get_if<kafka::lost>(&event)) {
          to->push_back(named("lost", l->partitions));
          m->release(l->partitions);
        } else {
          to->push_back(std::get<kafka::connection_changed>(event).connected ? "connected" : "disconnected");
        }
      }
    } catch (const error& e) { to->push_back(std::string{"error "} + e.what()); }
  }

  std::shared_ptr<std::vector<std::string>> lines = std::make_shared<std::vector<std::string>>();
};

}  // namespace corka::test
