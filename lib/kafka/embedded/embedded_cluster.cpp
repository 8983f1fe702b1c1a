// The embedded broker as a cluster: make_cluster.
#include "kafka/embedded/broker.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/coordinator.hpp"
#include "kafka/embedded/embedded_member.hpp"
#include "kafka/embedded/embedded_producer.hpp"
#include "kafka/embedded/log_source.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace corka::kafka::embedded {

namespace {

class embedded_reader final : public record_reader {
 public:
  embedded_reader(std::shared_ptr<broker> on, std::string client_id)
      : on_{std::move(on)}, link_{on_->connect(std::move(client_id), {})} {}
  [[nodiscard]] std::unique_ptr<record_source> open(const topic_partition& where, offset from,
                                                    async::signal::notifier arrived) override {
    return std::make_unique<log_source>(on_, link_, where, from, std::move(arrived));
  }

 private:
  std::shared_ptr<broker> on_;
  std::shared_ptr<link> link_;
};

class embedded_admin final : public admin {
 public:
  explicit embedded_admin(std::shared_ptr<broker> on) : on_{std::move(on)}, link_{on_->connect("admin", {})} {}

  task<std::vector<topic_description>> describe(std::vector<topic_name> topics) override {
    check_reachable();
    std::vector<topic_description> found;
    for (auto& name : topics) {
      topic_description d;
      if (const auto t = on_->topics().find(name); t) {
        d.exists = true;
        d.id = t->id();
        d.partitions = t->partitions();
        d.replication = 1;
      }
      d.topic = std::move(name);
      found.push_back(std::move(d));
    }
    co_return found;
  }

  task<std::vector<topic_name>> create(std::vector<new_topic> topics) override {
    check_reachable();
    auto& catalog = on_->topics();
    std::vector<topic_name> made;
    const auto call = [&] {
      for (const auto& t : topics) {
        if (catalog.create(t.topic, t.partitions, t.config).second) made.push_back(t.topic);
      }
    };
    const auto change = [&] { on_->change(call); };
    co_await async::blocking(on_->threads(), change);
    co_return made;
  }

  task<std::vector<topic_settings>> settings(std::vector<topic_name> topics) override {
    check_reachable();
    std::vector<topic_settings> found;
    for (const auto& name : topics) {
      const auto t = on_->topics().find(name);
      found.push_back(t ? t->config().in_force() : topic_settings{});
    }
    co_return found;
  }

  task<std::vector<member_description>> members(group_name group) override {
    check_reachable();
    co_return on_->groups().members(group);
  }

  task<std::vector<offset_range>> offsets(std::vector<topic_partition> of) override {
    check_reachable();
    std::vector<offset_range> found;
    for (const auto& tp : of) found.push_back(partition(tp)->at(tp.partition).log().range());
    co_return found;
  }

  task<std::vector<offset>> offsets_at(std::vector<topic_partition> of, std::int64_t timestamp_ms) override {
    check_reachable();
    std::vector<offset> found;
    const auto call = [&] {
      for (const auto& tp : of) found.emplace_back(partition(tp)->at(tp.partition).log().find_time(timestamp_ms));
    };
    co_await async::blocking(on_->threads(), call);
    co_return found;
  }

 private:
  void check_reachable() const {
    if (!link_->up()) throw error{errc::broker_unavailable, "the embedded broker is away: try again"};
  }
  [[nodiscard]] std::shared_ptr<topic> partition(const topic_partition& tp) const {
    auto t = on_->topics().find(tp.topic);
    if (!t || !t->has(tp.partition)) {
      throw error{errc::topic_unknown,
                  fmt::format("{} does not exist: create the topic, or correct its name", to_string(tp)), tp};
    }
    return t;
  }

  std::shared_ptr<broker> on_;
  std::shared_ptr<link> link_;
};

class embedded_cluster final : public cluster {
 public:
  explicit embedded_cluster(std::shared_ptr<broker> on) : on_{std::move(on)} {}

  [[nodiscard]] std::string name() const override { return "embedded"; }
  [[nodiscard]] std::unique_ptr<member> join(member_options options, executor control) override {
    warn_of(options.properties, options.client_id);
    return std::make_unique<embedded_member>(
        std::make_shared<member_core>(on_, std::move(options), std::move(control)));
  }
  [[nodiscard]] std::unique_ptr<record_reader> reader(std::string client_id, executor) override {
    return std::make_unique<embedded_reader>(on_, std::move(client_id));
  }
  [[nodiscard]] std::shared_ptr<producer> make_producer(producer_options options, executor control) override {
    warn_of(options.properties, options.client_id);
    return std::make_shared<embedded_producer>(
        std::make_shared<producer_core>(on_, std::move(options), std::move(control)));
  }
  [[nodiscard]] std::shared_ptr<admin> make_admin(executor) override { return std::make_shared<embedded_admin>(on_); }

 private:
  /// Properties are librdkafka's; a program that has some for its real cluster must run here too.
  void warn_of(const std::map<std::string, std::string>& properties, const std::string& client) const {
    for (const auto& [name, value] : properties) {
      on_->options().log.warn(
          fmt::format("client '{}': property {} has no meaning on the embedded broker", client, name));
    }
  }

  std::shared_ptr<broker> on_;
};

}  // namespace

std::shared_ptr<cluster> make_cluster(std::shared_ptr<broker> on) {
  return std::make_shared<embedded_cluster>(std::move(on));
}

}  // namespace corka::kafka::embedded
