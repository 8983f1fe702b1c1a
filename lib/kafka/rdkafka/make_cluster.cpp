#include "kafka/rdkafka/make_cluster.hpp"

#include "kafka/rdkafka/cluster_admin.hpp"
#include "kafka/rdkafka/config.hpp"
#include "kafka/rdkafka/fetched_source.hpp"
#include "kafka/rdkafka/fetcher.hpp"
#include "kafka/rdkafka/group_member.hpp"
#include "kafka/rdkafka/record_producer.hpp"

#include <corka/error.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

using properties = std::map<std::string, std::string>;

std::string text(std::int64_t n) { return std::to_string(n); }

class network_cluster final : public cluster {
 public:
  network_cluster(rdkafka_options options, async::execution& where) : options_{std::move(options)}, where_{where} {
    if (options_.bootstrap_servers.empty()) {
      throw error{errc::invalid_option, "no Kafka brokers are given: name at least one as host:port"};
    }
    for (const auto r : {role::group, role::produce}) static_cast<void>(common(r, {}));  // says now what is wrong
  }

  [[nodiscard]] std::string name() const override { return options_.bootstrap_servers; }

  [[nodiscard]] std::unique_ptr<member> join(member_options options, executor control) override {
    auto group = group_settings(options);
    group.apply(options.properties);
    auto fetch = fetch_settings(options.client_id);
    fetch.apply(fetch_part(options.properties));
    const auto log = options_.log.named("kafka/" + options.group.str());
    auto group_handle = handle::make(std::move(group), where_, log);
    auto fetch_handle = handle::make(std::move(fetch), where_, log);
    return std::make_unique<group_member>(std::move(options), std::move(group_handle), std::move(fetch_handle),
                                          std::move(control));
  }

  [[nodiscard]] std::unique_ptr<record_reader> reader(std::string client_id, executor control) override {
    return std::make_unique<fetcher>(
        handle::make(fetch_settings(client_id), where_, options_.log.named("kafka/reader")), std::move(control));
  }

  [[nodiscard]] std::shared_ptr<producer> make_producer(producer_options options, executor control) override {
    auto settings = common(role::produce, options.client_id);
    settings.set("enable.idempotence", "true");
    settings.set("acks", "all");
    settings.set("linger.ms", text(options.linger.count()));
    // Brokers may be away for any time; who wants a limit sets one.
    settings.set("message.timeout.ms", "0");
    // The topic's own limit decides.
    const std::size_t largest = 64U << 20U;
    settings.set("message.max.bytes", text(largest));
    settings.set("queue.buffering.max.messages", text(static_cast<std::int64_t>(options.buffer_records) * 2));
    settings.set("queue.buffering.max.kbytes",
                 text(static_cast<std::int64_t>((options.buffer_bytes + largest) * 2 / 1024)));
    settings.apply(options_.properties);
    settings.apply(options.properties);
    rd_kafka_conf_set_events(settings.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    auto h = handle::make(std::move(settings), where_, options_.log.named("kafka/producer"));
    return std::make_shared<record_producer>(std::move(options), std::move(h), std::move(control));
  }

  [[nodiscard]] std::shared_ptr<admin> make_admin(executor control) override {
    auto settings = common(role::admin, {});
    rd_kafka_conf_set_events(settings.get(), RD_KAFKA_EVENT_ERROR);
    return std::make_shared<cluster_admin>(handle::make(std::move(settings), where_, options_.log.named("kafka/admin")),
                                           std::move(control));
  }

 private:
  config common(role r, const std::string& client_id) const {
    config settings{r};
    settings.set("bootstrap.servers", options_.bootstrap_servers);
    settings.set("client.id", client_id.empty() ? "corka" : client_id);
    settings.set("reconnect.backoff.max.ms", "2000");
    settings.apply(options_.properties);
    return settings;
  }

  config group_settings(const member_options& options) const {
    auto settings = common(role::group, options.client_id);
    settings.set("group.id", options.group.str());
    settings.set("enable.auto.commit", "false");
    settings.set("enable.auto.offset.store", "false");
    settings.set("max.poll.interval.ms", text(options.max_poll_interval.count()));
    // How long a commit may wait for a coordinator before it fails and is sent again.
    settings.set("coordinator.query.interval.ms", "5000");
    if (!options.instance_id.empty()) settings.set("group.instance.id", options.instance_id);
    if (by_consumer_protocol(options.protocol)) {
      settings.set("group.protocol", "consumer");
      settings.set("group.remote.assignor", shares_by_range(options.protocol) ? "range" : "uniform");
    } else {
      settings.set("partition.assignment.strategy",
                   options.protocol == membership::range ? "range" : "cooperative-sticky");
      settings.set("session.timeout.ms", text(options.session_timeout.count()));
      settings.set("heartbeat.interval.ms", text(options.heartbeat_interval.count()));
    }
    settings.apply(options_.properties);
    rd_kafka_conf_set_events(settings.get(),
                             RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR);
    return settings;
  }

  config fetch_settings(const std::string& client_id) const {
    auto settings = common(role::fetch, client_id);
    settings.set("group.id", "corka-reader");  // librdkafka asks for one; nothing joins it or commits to it
    settings.set("enable.auto.commit", "false");
    settings.set("enable.auto.offset.store", "false");
    settings.set("auto.offset.reset", "error");
    settings.set("enable.partition.eof", "true");
    // These are for each partition, as every partition has a queue of its own.
    settings.set("queued.min.messages", "10000");
    settings.set("queued.max.messages.kbytes", "2048");
    settings.set("fetch.queue.backoff.ms", "2");
    // A broker is asked one thing at a time. While the queues of the busy partitions are full only the idle ones are
    // asked for, and nothing else is fetched until that request is answered: this must be less than a full queue lasts.
    settings.set("fetch.wait.max.ms", "50");
    settings.set("fetch.error.backoff.ms", "100");
    // How long a topic may be unknown before its sources say so.
    settings.set("topic.metadata.propagation.max.ms", "3000");
    settings.apply(options_.properties);
    rd_kafka_conf_set_error_cb(settings.get(), &fetched_source::on_error);
    return settings;
  }

  // A member's properties are for both of its handles, but those of membership are for one.
  static properties fetch_part(properties all) {
    std::erase_if(all, [](const auto& p) {
      return p.first == "session.timeout.ms" || p.first == "heartbeat.interval.ms" ||
             p.first == "max.poll.interval.ms" || p.first == "coordinator.query.interval.ms";
    });
    return all;
  }

  rdkafka_options options_;
  async::execution& where_;
};

}  // namespace

std::shared_ptr<cluster> make_cluster(rdkafka_options options, async::execution& where) {
  return std::make_shared<network_cluster>(std::move(options), where);
}

}  // namespace corka::kafka::rdkafka
