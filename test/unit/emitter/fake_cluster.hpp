// A cluster that does as it is told: enough of one for an emitter.
#pragma once

#include "kafka/ports.hpp"

#include <corka/error.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::test {

/// What was sent, and not yet reported.
struct sent_record {
  std::int32_t partition = 0;
  std::string key;
  std::optional<std::string> value;
  std::int64_t timestamp_ms = -1;
  std::vector<std::string> headers;  // "name=value"
  std::uint64_t tag = 0;
};

/// What the test sees and sets; shared by everything the cluster made.
struct fake_state {
  std::map<std::string, std::int32_t> topics;
  bool reachable = true;
  bool congested = false;
  bool acknowledges_on_close = true;
  int hurries = 0;
  int producers_closed = 0;
  std::vector<sent_record> sent;
  std::map<std::string, std::string> properties;
  std::shared_ptr<kafka::delivery_sink> sink;
  std::map<std::int32_t, std::int64_t> next_offset;

  void check_reachable() const {
    if (!reachable) throw error{errc::broker_unavailable, "no broker at fake:9092"};
  }
  /// Reports the oldest `count` records.
  void report(std::size_t count, std::error_code failed = {}) {
    std::vector<kafka::delivery_report> reports;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& r = sent.at(i);
      reports.push_back({r.tag, offset{failed ? 0 : next_offset[r.partition]++}, failed});
    }
    sent.erase(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(count));
    sink->delivered(reports);
  }
  /// Reports one record out of turn.
  void report_at(std::size_t i) {
    const kafka::delivery_report one{sent.at(i).tag, offset{next_offset[sent[i].partition]++}, {}};
    sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(i));
    sink->delivered({&one, 1});
  }
};

class fake_topic final : public kafka::output_topic {
 public:
  fake_topic(topic_name name, std::int32_t partitions) : name_{std::move(name)}, partitions_{partitions} {}
  [[nodiscard]] const topic_name& topic() const noexcept override { return name_; }
  [[nodiscard]] std::int32_t partitions() const noexcept override { return partitions_; }

 private:
  topic_name name_;
  std::int32_t partitions_;
};

class fake_producer final : public kafka::producer {
 public:
  explicit fake_producer(std::shared_ptr<fake_state> s) : state_{std::move(s)} {}

  task<std::shared_ptr<kafka::output_topic>> topic(topic_name name) override {
    state_->check_reachable();
    const auto found = state_->topics.find(name.str());
    if (found == state_->topics.end()) throw error{errc::topic_unknown, "topic '" + name.str() + "' does not exist"};
    std::shared_ptr<kafka::output_topic> made = std::make_shared<fake_topic>(name, found->second);
    co_return made;
  }
  kafka::sink_id attach(std::shared_ptr<kafka::delivery_sink> sink) override {
    state_->sink = std::move(sink);
    return 7;
  }
  void detach(kafka::sink_id) noexcept override { state_->sink.reset(); }
  void send(const kafka::output_topic&, const kafka::outgoing& what, kafka::sink_id, std::uint64_t tag) override {
    sent_record r;
    r.partition = what.partition.value;
    r.key = what.key;
    if (!what.tombstone) r.value = std::string{what.value};
    r.timestamp_ms = what.timestamp_ms;
    for (const auto& h : what.headers)
      r.headers.push_back(std::string{h.name} + "=" + std::string{h.value.value_or("null")});
    r.tag = tag;
    state_->sent.push_back(std::move(r));
  }
  [[nodiscard]] bool congested() const noexcept override { return state_->congested; }
  void hurry() noexcept override { ++state_->hurries; }
  task<> close(clock::time_point) override {
    const auto rest = state_->acknowledges_on_close ? std::error_code{} : make_error_code(errc::timed_out);
    if (!state_->sent.empty()) state_->report(state_->sent.size(), rest);
    ++state_->producers_closed;
    co_return;
  }

 private:
  std::shared_ptr<fake_state> state_;
};

class fake_admin final : public kafka::admin {
 public:
  explicit fake_admin(std::shared_ptr<fake_state> s) : state_{std::move(s)} {}

  task<std::vector<kafka::topic_description>> describe(std::vector<topic_name> topics) override {
    state_->check_reachable();
    std::vector<kafka::topic_description> found;
    for (auto& t : topics) {
      kafka::topic_description d;
      d.exists = state_->topics.contains(t.str());
      d.topic = std::move(t);
      found.push_back(std::move(d));
    }
    co_return found;
  }
  task<std::vector<topic_name>> create(std::vector<kafka::new_topic> topics) override {
    state_->check_reachable();
    std::vector<topic_name> made;
    for (const auto& t : topics) {
      if (state_->topics.emplace(t.topic.str(), t.partitions).second) made.push_back(t.topic);
    }
    co_return made;
  }
  task<std::vector<kafka::topic_settings>> settings(std::vector<topic_name>) override {
    throw error{errc::internal, "an emitter does not ask for settings"};
  }
  task<std::vector<kafka::member_description>> members(group_name) override {
    throw error{errc::internal, "an emitter does not ask for members"};
  }
  task<std::vector<offset_range>> offsets(std::vector<topic_partition> of) override {
    state_->check_reachable();
    std::vector<offset_range> found;
    for (const auto& tp : of) found.push_back({offset{0}, offset{state_->next_offset[tp.partition.value]}});
    co_return found;
  }
  task<std::vector<offset>> offsets_at(std::vector<topic_partition>, std::int64_t) override {
    throw error{errc::internal, "an emitter does not ask for times"};
  }

 private:
  std::shared_ptr<fake_state> state_;
};

class fake_cluster final : public kafka::cluster {
 public:
  explicit fake_cluster(std::shared_ptr<fake_state> s) : state_{std::move(s)} {}

  [[nodiscard]] std::string name() const override { return "fake"; }
  [[nodiscard]] std::unique_ptr<kafka::member> join(kafka::member_options, executor) override { return nullptr; }
  [[nodiscard]] std::unique_ptr<kafka::record_reader> reader(std::string, executor) override { return nullptr; }
  [[nodiscard]] std::shared_ptr<kafka::producer> make_producer(kafka::producer_options options, executor) override {
    state_->properties = options.properties;
    return std::make_shared<fake_producer>(state_);
  }
  [[nodiscard]] std::shared_ptr<kafka::admin> make_admin(executor) override {
    return std::make_shared<fake_admin>(state_);
  }

 private:
  std::shared_ptr<fake_state> state_;
};

}  // namespace corka::test
