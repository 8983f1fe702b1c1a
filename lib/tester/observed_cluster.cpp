#include "tester/observed_cluster.hpp"

#include "tester/observed_member.hpp"
#include "tester/observed_producer.hpp"

#include <corka/error.hpp>

#include <utility>

namespace corka::tester_parts {

namespace {

class observed_reader final : public kafka::record_reader {
 public:
  observed_reader(std::unique_ptr<kafka::record_reader> of, std::shared_ptr<uplink> by)
      : of_{std::move(of)}, by_{std::move(by)} {}
  [[nodiscard]] std::unique_ptr<kafka::record_source> open(const topic_partition& where, offset from,
                                                           async::signal::notifier arrived) override {
    return std::make_unique<observed_source>(of_->open(where, from, std::move(arrived)), by_, where);
  }

 private:
  std::unique_ptr<kafka::record_reader> of_;
  std::shared_ptr<uplink> by_;
};

/// All admins of the embedded broker have one client id, so their instance's network is looked at here.
class observed_admin final : public kafka::admin {
 public:
  observed_admin(std::shared_ptr<kafka::admin> of, std::shared_ptr<uplink> by)
      : of_{std::move(of)}, by_{std::move(by)} {}

  task<std::vector<kafka::topic_description>> describe(std::vector<topic_name> topics) override {
    check();
    return of_->describe(std::move(topics));
  }
  task<std::vector<topic_name>> create(std::vector<kafka::new_topic> topics) override {
    check();
    auto made = co_await of_->create(std::move(topics));
    for (const auto& t : made) by_->tell("made topic " + t.str());
    co_return made;
  }
  task<std::vector<kafka::topic_settings>> settings(std::vector<topic_name> topics) override {
    check();
    return of_->settings(std::move(topics));
  }
  task<std::vector<kafka::member_description>> members(group_name group) override {
    check();
    return of_->members(std::move(group));
  }
  task<std::vector<offset_range>> offsets(std::vector<topic_partition> of) override {
    check();
    return of_->offsets(std::move(of));
  }
  task<std::vector<offset>> offsets_at(std::vector<topic_partition> of, std::int64_t timestamp_ms) override {
    check();
    return of_->offsets_at(std::move(of), timestamp_ms);
  }

 private:
  void check() const {
    if (by_->severed || !by_->connected)
      throw error{errc::broker_unavailable, "the instance's connections are broken: try again"};
  }

  std::shared_ptr<kafka::admin> of_;
  std::shared_ptr<uplink> by_;
};

class cluster_of_instance final : public kafka::cluster {
 public:
  explicit cluster_of_instance(std::shared_ptr<uplink> by)
      : of_{kafka::embedded::make_cluster(by->broker)}, by_{std::move(by)} {}

  [[nodiscard]] std::string name() const override { return of_->name(); }
  [[nodiscard]] std::unique_ptr<kafka::member> join(kafka::member_options options, executor control) override {
    options.client_id = by_->name_of(options.client_id);
    const auto group = options.group;
    return std::make_unique<observed_member>(of_->join(std::move(options), std::move(control)), by_, group);
  }
  [[nodiscard]] std::unique_ptr<kafka::record_reader> reader(std::string client_id, executor control) override {
    return std::make_unique<observed_reader>(of_->reader(by_->name_of(client_id), std::move(control)), by_);
  }
  [[nodiscard]] std::shared_ptr<kafka::producer> make_producer(kafka::producer_options options,
                                                               executor control) override {
    options.client_id = by_->name_of(options.client_id);
    return std::make_shared<observed_producer>(of_->make_producer(std::move(options), control), by_, control);
  }
  [[nodiscard]] std::shared_ptr<kafka::admin> make_admin(executor control) override {
    return std::make_shared<observed_admin>(of_->make_admin(std::move(control)), by_);
  }

 private:
  std::shared_ptr<kafka::cluster> of_;
  std::shared_ptr<uplink> by_;
};

}  // namespace

std::shared_ptr<kafka::cluster> observed_cluster(std::shared_ptr<uplink> by) {
  return std::make_shared<cluster_of_instance>(std::move(by));
}

}  // namespace corka::tester_parts
