#include "kafka/rdkafka/make_cluster.hpp"

#include "kafka/rdkafka/cluster_admin.hpp"
#include "kafka/rdkafka/config.hpp"
#include "kafka/rdkafka/fetch_lines.hpp"
#include "kafka/rdkafka/fetched_source.hpp"
#include "kafka/rdkafka/fetcher.hpp"
#include "kafka/rdkafka/group_member.hpp"
#include "kafka/rdkafka/record_producer.hpp"
#include "kafka/rdkafka/shared_handle.hpp"

#include <corka/error.hpp>

#include <mutex>
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
    const auto log = options_.log.named("kafka/" + options.group.str());
    auto group_handle = handle::make(std::move(group), where_, log);
    const auto make_fetch = [this, log, client = options.client_id, with = fetch_part(options.properties)] {
      auto fetch = fetch_settings(client);
      fetch.apply(with);
      return handle::make(std::move(fetch), where_, log);
    };
    auto lines = std::make_shared<fetch_lines>(make_fetch, control);
    auto asked = asking()->client_on(control);
    return std::make_unique<group_member>(std::move(options), std::move(group_handle), std::move(lines),
                                          std::move(asked), std::move(control));
  }

  [[nodiscard]] std::unique_ptr<record_reader> reader(std::string name, executor) override {
    return std::make_unique<fetcher>(reading(), std::move(name));
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
    auto asked = asking()->client_on(control);
    return std::make_shared<record_producer>(std::move(options), std::move(h), std::move(asked), std::move(control));
  }

  [[nodiscard]] std::shared_ptr<admin> make_admin(executor control) override {
    return std::make_shared<cluster_admin>(asking()->client_on(std::move(control)));
  }

 private:
  /// What everybody asks through, while anybody does.
  std::shared_ptr<shared_handle> asking() {
    const std::lock_guard lock{mutex_};
    auto shared = asking_.lock();
    if (!shared) {
      auto settings = common(role::admin, {});
      rd_kafka_conf_set_events(settings.get(), RD_KAFKA_EVENT_ERROR);
      shared = shared_handle::make(handle::make(std::move(settings), where_, options_.log.named("kafka/admin")));
      asking_ = shared;
    }
    return shared;
  }

  /// What all readers read by, while there are any.
  std::shared_ptr<fetch_lines> reading() {
    const std::lock_guard lock{mutex_};
    auto shared = reading_.lock();
    if (!shared) {
      const auto make = [this] { return handle::make(fetch_settings({}), where_, options_.log.named("kafka/reader")); };
      shared = std::make_shared<fetch_lines>(make, where_.worker(0));
      reading_ = shared;
    }
    return shared;
  }

  config common(role r, const std::string& client_id) const {
    config settings{r};
    settings.set("bootstrap.servers", options_.bootstrap_servers);
    settings.set("client.id", client_id.empty() ? "corka" : client_id);
    settings.set("reconnect.backoff.max.ms", "2000");
    // A request that waits for a broker which is away knocks again at each change of that broker's state, and so
    // without pause, unless librdkafka keeps its connections by itself (rd_kafka_broker_find_by_nodeid0). One instance
    // for all may well be connected to every broker.
    if (r == role::admin) settings.set("enable.sparse.connections", "false");
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
  std::mutex mutex_;  // of the next two, which those who use them own
  std::weak_ptr<shared_handle> asking_;
  std::weak_ptr<fetch_lines> reading_;
};

}  // namespace

std::shared_ptr<cluster> make_cluster(rdkafka_options options, async::execution& where) {
  return std::make_shared<network_cluster>(std::move(options), where);
}

}  // namespace corka::kafka::rdkafka
