// Everything that comes out of a transport, told to a transcript.
#include "contract/kafka/transcript.hpp"
#include "contract/kafka/transport_user.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace corka::test {

namespace {

using transcript_pointer = std::shared_ptr<transcript>;

/// Awaits `t`; what it throws is told first.
template <class T>
task<T> telling(transcript_pointer to, std::string what, task<T> t) {
  std::error_code failed;
  std::exception_ptr thrown;
  try {
    co_return co_await std::move(t);
  } catch (const error& e) {
    failed = e.code();
    thrown = std::current_exception();
  }
  to->say(what + ": " + name_of(failed));
  std::rethrow_exception(thrown);
}

/// What was read of a partition: told when its source goes.
class transcribed_source final : public kafka::record_source {
 public:
  transcribed_source(std::unique_ptr<kafka::record_source> inner, clock& time, transcript_pointer into,
                     const topic_partition& where, offset from)
      : inner_{std::move(inner)},
        time_{time},
        into_{std::move(into)},
        title_{into_->next("source") + " of " + into_->where(where) + " from " + std::to_string(from.value)} {}
  ~transcribed_source() override {
    // How much a poll gives is the transport's choice: who did not poll to the end has read the first record, or more.
    if (!drained_ && records_.size() > 1) records_.resize(1);
    into_->say(title_ + ": " + (!drained_ ? "not to its end" : std::to_string(records_.size()) + " records") +
               (failed_ ? ", then " + name_of(failed_) : ""));
    for (auto& r : records_) into_->say("  " + std::move(r));
    if (drained_ && !failed_) into_->say("  position " + std::to_string(position_));
  }

  bool poll(kafka::batch_limit limit, kafka::record_batch& batch) override {
    try {
      const bool more = inner_->poll(limit, batch);
      drained_ = !more;
      if (!more) return false;
    } catch (const error& e) {
      failed_ = e.code();
      throw;
    }
    for (const auto& r : keep(batch)) records_.push_back(into_->record(r, time_.wall_ms()));
    position_ = batch.position.value;
    return true;
  }
  [[nodiscard]] offset_range known_range() const noexcept override { return inner_->known_range(); }

 private:
  std::unique_ptr<kafka::record_source> inner_;
  clock& time_;
  transcript_pointer into_;
  std::string title_;
  std::vector<std::string> records_;
  std::int64_t position_ = 0;
  bool drained_ = true;
  std::error_code failed_;
};

class transcribed_reader final : public kafka::record_reader {
 public:
  transcribed_reader(std::unique_ptr<kafka::record_reader> inner, clock& time, transcript_pointer into)
      : inner_{std::move(inner)}, time_{time}, into_{std::move(into)} {}

  [[nodiscard]] std::unique_ptr<kafka::record_source> open(const topic_partition& where, offset from,
                                                           async::signal::notifier arrived) override {
    return std::make_unique<transcribed_source>(inner_->open(where, from, std::move(arrived)), time_, into_, where,
                                                from);
  }
  void topic_is(const topic_name& topic, std::string_view id) override { inner_->topic_is(topic, id); }

 private:
  std::unique_ptr<kafka::record_reader> inner_;
  clock& time_;
  transcript_pointer into_;
};

/// What became of sent records, in the order they were sent.
class sent_book {
 public:
  std::size_t add(std::string line) {
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
    return lines_.size() - 1;
  }
  void sent_as(kafka::sink_id sink, std::uint64_t tag, std::size_t line) {
    const std::lock_guard lock{mutex_};
    open_[{sink, tag}] = line;
  }
  void reported(kafka::sink_id sink, const kafka::delivery_report& r) {
    const std::lock_guard lock{mutex_};
    const auto at = open_.find({sink, r.tag});
    if (at == open_.end()) {
      lines_.push_back("a report of what was not sent");
      return;
    }
    lines_[at->second] += r.failed ? ": " + name_of(r.failed) : " at " + std::to_string(r.at.value);
    open_.erase(at);
  }
  void tell(transcript& to, const std::string& title) {
    const std::lock_guard lock{mutex_};
    to.say(title + ": " + std::to_string(lines_.size()) + " sent, " + std::to_string(open_.size()) +
           " without a report");
    for (auto& line : lines_) to.say("  " + line);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::map<std::pair<kafka::sink_id, std::uint64_t>, std::size_t> open_;
};

class transcribed_sink final : public kafka::delivery_sink {
 public:
  transcribed_sink(std::shared_ptr<kafka::delivery_sink> inner, std::shared_ptr<sent_book> book)
      : inner_{std::move(inner)}, book_{std::move(book)} {}
  /// Before anything is sent for it.
  void is(kafka::sink_id id) noexcept { id_ = id; }
  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    for (const auto& r : reports) book_->reported(id_, r);
    inner_->delivered(reports);
  }

 private:
  std::shared_ptr<kafka::delivery_sink> inner_;
  std::shared_ptr<sent_book> book_;
  std::atomic<kafka::sink_id> id_{};
};

class transcribed_producer final : public kafka::producer {
 public:
  transcribed_producer(std::shared_ptr<kafka::producer> inner, transcript_pointer into)
      : inner_{std::move(inner)}, into_{std::move(into)}, title_{into_->next("producer")} {}
  ~transcribed_producer() override { book_->tell(*into_, title_); }

  [[nodiscard]] task<std::shared_ptr<kafka::output_topic>> topic(topic_name name) override {
    auto what = title_ + " writes to " + into_->topic(name);
    return telling(into_, std::move(what), inner_->topic(std::move(name)));
  }
  [[nodiscard]] kafka::sink_id attach(std::shared_ptr<kafka::delivery_sink> sink) override {
    const auto told = std::make_shared<transcribed_sink>(std::move(sink), book_);
    const auto id = inner_->attach(told);
    told->is(id);
    return id;
  }
  void detach(kafka::sink_id id) noexcept override { inner_->detach(id); }
  void send(const kafka::output_topic& to, const kafka::outgoing& what, kafka::sink_id sink,
            std::uint64_t tag) override {
    auto line = into_->where({to.topic(), what.partition}) + " " +
                transcript::shown(what.key, what.tombstone ? std::nullopt : std::optional{what.value});
    if (what.timestamp_ms >= 0) line += " " + into_->given_time(what.timestamp_ms);
    book_->sent_as(sink, tag, book_->add(std::move(line)));
    inner_->send(to, what, sink, tag);
  }
  [[nodiscard]] bool congested() const noexcept override { return inner_->congested(); }
  void hurry() noexcept override { inner_->hurry(); }
  [[nodiscard]] task<> close(clock::time_point deadline) override { return inner_->close(deadline); }

 private:
  std::shared_ptr<kafka::producer> inner_;
  transcript_pointer into_;
  std::string title_;
  std::shared_ptr<sent_book> book_ = std::make_shared<sent_book>();
};

class transcribed_member final : public kafka::member {
 public:
  transcribed_member(std::unique_ptr<kafka::member> inner, kafka::member_options options, clock& time,
                     transcript_pointer into)
      : inner_{std::move(inner)},
        options_{std::move(options)},
        time_{time},
        into_{std::move(into)},
        title_{into_->next("member") + " " + options_.client_id + " of " + into_->group(options_.group)} {
    into_->joined(options_.group);
  }
  ~transcribed_member() override {
    into_->say(title_ + " held at most " + std::to_string(most_) + (ended_ ? ", ended: " + name_of(ended_) : ""));
  }

  [[nodiscard]] std::unique_ptr<kafka::record_source> open(const topic_partition& where, offset from,
                                                           async::signal::notifier arrived) override {
    return std::make_unique<transcribed_source>(inner_->open(where, from, std::move(arrived)), time_, into_, where,
                                                from);
  }
  void topic_is(const topic_name& topic, std::string_view id) override { inner_->topic_is(topic, id); }
  [[nodiscard]] task<kafka::member_event> next() override { return listen(); }
  [[nodiscard]] std::string id() const override { return inner_->id(); }
  [[nodiscard]] task<std::vector<std::optional<offset>>> committed(std::vector<topic_partition> of) override {
    return tell_committed(std::move(of));
  }
  void accept(const kafka::assigned& event, const std::vector<kafka::position>& starts) override {
    held_.insert(event.partitions.begin(), event.partitions.end());
    most_ = std::max(most_, held_.size());
    inner_->accept(event, starts);
  }
  void release(const std::vector<partition_id>& partitions) override {
    for (const auto p : partitions) held_.erase(p);
    inner_->release(partitions);
  }
  [[nodiscard]] task<std::error_code> commit(std::vector<kafka::position> positions) override {
    return tell_commit(std::move(positions));
  }
  [[nodiscard]] task<> close(clock::time_point deadline) override { return inner_->close(deadline); }

 private:
  [[nodiscard]] std::string where(const topic_partition& tp) {
    return into_->where(tp, options_.group, held_.contains(tp.partition));
  }
  task<kafka::member_event> listen() {
    try {
      co_return co_await inner_->next();
    } catch (const error& e) {
      ended_ = e.code();
      throw;
    }
  }
  task<std::vector<std::optional<offset>>> tell_committed(std::vector<topic_partition> of) {
    const auto found = co_await inner_->committed(of);
    for (std::size_t i = 0; i < of.size(); ++i) {
      into_->say(into_->group(options_.group) + " has committed of " + where(of[i]) + ": " +
                 (found[i] ? std::to_string(found[i]->value) : "nothing"));
    }
    co_return found;
  }
  task<std::error_code> tell_commit(std::vector<kafka::position> positions) {
    const auto code = co_await inner_->commit(positions);
    // "Keep and send again" is a matter of timing.
    if (code == errc::rebalance_in_progress || code == errc::broker_unavailable) co_return code;
    for (const auto& p : positions) {
      into_->say(options_.client_id + " commits " + std::to_string(p.next.value) + " of " + where(p.where) + ": " +
                 name_of(code));
    }
    co_return code;
  }

  std::unique_ptr<kafka::member> inner_;
  kafka::member_options options_;
  clock& time_;
  transcript_pointer into_;
  std::string title_;
  std::set<partition_id> held_;
  std::size_t most_ = 0;
  std::error_code ended_;
};

class transcribed_admin final : public kafka::admin {
 public:
  transcribed_admin(std::shared_ptr<kafka::admin> inner, transcript_pointer into)
      : inner_{std::move(inner)}, into_{std::move(into)} {}

  [[nodiscard]] task<std::vector<kafka::topic_description>> describe(std::vector<topic_name> topics) override {
    const auto found = co_await inner_->describe(std::move(topics));
    for (const auto& d : found) {
      const auto about = "description of " + into_->topic(d.topic);
      into_->say(
          about + ": " +
              (!d.exists ? "it does not exist"
                         : std::to_string(d.partitions) + " partitions, replication " + std::to_string(d.replication) +
                               ", " + (d.id.empty() ? "no id" : into_->alias("id", d.id))),
          about);
    }
    co_return found;
  }
  [[nodiscard]] task<std::vector<topic_name>> create(std::vector<kafka::new_topic> topics) override {
    std::string what = "creation of";
    for (const auto& t : topics) {
      what += " " + into_->topic(t.topic) + " (" + std::to_string(t.partitions);
      for (const auto& [name, value] : t.config) what += ", " + name + "=" + value;
      what += ")";
    }
    const auto made = co_await telling(into_, what, inner_->create(std::move(topics)));
    what += ": made";
    for (const auto& t : made) what += " " + into_->topic(t);
    into_->say(std::move(what));
    co_return made;
  }
  [[nodiscard]] task<std::vector<kafka::topic_settings>> settings(std::vector<topic_name> topics) override {
    const auto found = co_await inner_->settings(topics);
    for (std::size_t i = 0; i < topics.size(); ++i) {
      const auto name = into_->topic(topics[i]);
      if (found[i].empty()) into_->say(name + " has no settings");
      for (const auto& [setting, value] : found[i]) into_->say(name + " has " + setting + " = " + value);
    }
    co_return found;
  }
  [[nodiscard]] task<std::vector<kafka::member_description>> members(group_name group) override {
    const auto about = "members of " + into_->group(group);
    const auto found = co_await inner_->members(std::move(group));
    std::multiset<std::string> lines;
    for (const auto& m : found) {
      lines.insert(m.client_id + (m.instance_id.empty() ? "" : " as " + m.instance_id) + " with " +
                   std::to_string(m.holds.size()));
    }
    auto text = about + ":";
    for (const auto& line : lines) text += " " + line;
    into_->say(std::move(text), about);
    co_return found;
  }
  [[nodiscard]] task<std::vector<offset_range>> offsets(std::vector<topic_partition> of) override {
    std::string what = "offsets of";
    for (const auto& tp : of) what += " " + into_->where(tp);
    const auto found = co_await telling(into_, what, inner_->offsets(std::move(of)));
    what += ":";
    for (const auto& r : found) what += " " + std::to_string(r.low.value) + " to " + std::to_string(r.high.value);
    into_->say(std::move(what));
    co_return found;
  }
  [[nodiscard]] task<std::vector<offset>> offsets_at(std::vector<topic_partition> of,
                                                     std::int64_t timestamp_ms) override {
    std::string what = "offsets at " + into_->given_time(timestamp_ms) + " of";
    for (const auto& tp : of) what += " " + into_->where(tp);
    const auto found = co_await telling(into_, what, inner_->offsets_at(std::move(of), timestamp_ms));
    what += ":";
    for (const auto at : found) what += " " + std::to_string(at.value);
    into_->say(std::move(what));
    co_return found;
  }

 private:
  std::shared_ptr<kafka::admin> inner_;
  transcript_pointer into_;
};

class transcribed_cluster final : public kafka::cluster {
 public:
  transcribed_cluster(kafka::cluster& inner, clock& time, transcript_pointer into)
      : inner_{inner}, time_{time}, into_{std::move(into)} {}

  [[nodiscard]] std::string name() const override { return inner_.name(); }
  [[nodiscard]] std::unique_ptr<kafka::member> join(kafka::member_options options, executor control) override {
    auto joined = inner_.join(options, std::move(control));
    return std::make_unique<transcribed_member>(std::move(joined), std::move(options), time_, into_);
  }
  [[nodiscard]] std::unique_ptr<kafka::record_reader> reader(std::string name, executor control) override {
    return std::make_unique<transcribed_reader>(inner_.reader(std::move(name), std::move(control)), time_, into_);
  }
  [[nodiscard]] std::shared_ptr<kafka::producer> make_producer(kafka::producer_options options,
                                                               executor control) override {
    return std::make_shared<transcribed_producer>(inner_.make_producer(std::move(options), std::move(control)), into_);
  }
  [[nodiscard]] std::shared_ptr<kafka::admin> make_admin(executor control) override {
    return std::make_shared<transcribed_admin>(inner_.make_admin(std::move(control)), into_);
  }

 private:
  kafka::cluster& inner_;
  clock& time_;
  transcript_pointer into_;
};

}  // namespace

std::shared_ptr<kafka::cluster> transcribed(kafka::cluster& from, clock& time, std::shared_ptr<transcript> into) {
  return std::make_shared<transcribed_cluster>(from, time, std::move(into));
}

}  // namespace corka::test
