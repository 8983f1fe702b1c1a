// Tests of processors: with a broker in memory, on virtual time, in one thread.
//
//   corka::tester t;
//   t.add(clickers);
//   t.emit(clicks, "anna", click{"/"});
//   t.settle();
//   CHECK(t.table(clickers)["anna"] == 1);
#pragma once

#include <corka/emitter.hpp>
#include <corka/group.hpp>
#include <corka/processor.hpp>
#include <corka/stream.hpp>
#include <corka/tested.hpp>
#include <corka/view.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace corka {

struct tester_options {
  /// Of topics that are made because somebody uses them. 1..10'000.
  std::int32_t partitions = 4;
  /// Where instances keep local copies: "memory", or "lmdb", in a temporary folder.
  std::string store = "memory";
  /// `settle` gives up after this much virtual time.
  std::chrono::milliseconds settle_limit = std::chrono::minutes{10};
  /// How many lines of the story are kept; the oldest go first. 1..1'000'000.
  std::size_t story_lines = 1'000;
};

/// Why a test cannot go on; `what` ends in the story.
class tester_failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A service that instances of the program run, each its own. Life: not longer than the tester's.
template <class Service>
class tested {
 public:
  tested(std::shared_ptr<detail::tester_core> in, std::size_t number) : in_{std::move(in)}, number_{number} {}

  /// That of one instance, until it ends. @throws tester_failure where it does not run.
  [[nodiscard]] Service& on(const std::string& instance) const {
    return static_cast<Service&>(in_->find(number_, instance));
  }
  /// That of the first instance, by name, that runs it.
  [[nodiscard]] Service& operator*() const { return on({}); }
  [[nodiscard]] Service* operator->() const { return &on({}); }

 private:
  std::shared_ptr<detail::tester_core> in_;
  std::size_t number_;
};

/// A program under test, or one instance of it: where services are added, and coroutines awaited.
class tested_program {
 public:
  /// Runs the group; what topics it names and nobody has made are made.
  template <class State, class Codec>
  tested<processor> add(const group<State, Codec>& runs, processor_options options = {}) {
    in_->need_topics(runs.declared());
    return add_service<processor>(runs.declared(), std::move(options));
  }
  template <class V, class Codec>
  tested<corka::view<V, Codec>> add_view(const corka::table<V, Codec>& of, view_options options = {}) {
    in_->need_topic(of.topic(), true);
    return add_service<corka::view<V, Codec>>(of, std::move(options));
  }
  template <class V, class Codec>
  tested<emitter<V, Codec>> add_emitter(const stream<V, Codec>& to, emitter_options options = {}) {
    in_->need_topic(to.topic(), false);
    return add_service<emitter<V, Codec>>(to, std::move(options));
  }
  /// Any other one; each start of an instance makes it anew, with copies of the arguments.
  template <class Service, class... Args>
    requires std::is_base_of_v<service, Service>
  tested<Service> add_service(Args... args) {
    auto make = [kept = std::make_tuple(std::move(args)...)]() -> std::shared_ptr<service> {
      return std::apply([](const auto&... each) { return std::make_shared<Service>(each...); }, kept);
    };
    return {in_, in_->add(name_, std::move(make))};
  }

  /// Awaits `t` on a worker of the instance, or of the first one that runs, while time passes.
  /// @throws what it throws; error{errc::timed_out} after an hour.
  template <class T>
  T run(task<T> t) {
    if constexpr (std::is_void_v<T>) {
      in_->run(name_, std::move(t));
    } else {
      std::optional<T> result;
      in_->run(name_, store(std::move(t), &result));
      return std::move(*result);
    }
  }

 protected:
  tested_program(std::shared_ptr<detail::tester_core> in, std::string name)
      : in_{std::move(in)}, name_{std::move(name)} {}
  ~tested_program() = default;
  tested_program(const tested_program&) = default;
  tested_program& operator=(const tested_program&) = default;

  template <class T>
  static task<> store(task<T> t, std::optional<T>* into) {
    auto value = co_await std::move(t);
    into->emplace(std::move(value));
  }

  std::shared_ptr<detail::tester_core> in_;
  std::string name_;
};

/// One process that runs the program, or services of its own if any are added to it. Its state outlives its runs.
class tested_instance final : public tested_program {
 public:
  tested_instance(std::shared_ptr<detail::tester_core> in, std::string name)
      : tested_program{std::move(in), std::move(name)} {}

  /// Adds it to those that run. It does not run now.
  void start() const { in_->start(name_); }
  /// Removes it: it finishes what is under way, leaves its groups and ends.
  /// @throws tester_failure where a service of it has failed, or does not end.
  void stop() const { in_->stop(name_); }
  void restart() const {
    stop();
    start();
  }
  /// Ends it at once, as kill -9 does: nothing of it runs any more. Its groups miss it once its sessions have timed
  /// out; its local copies stay as they are. Legal from its own callbacks, which then go on to where they wait next.
  void kill() const { in_->kill(name_); }
  [[nodiscard]] bool runs() const { return in_->runs(name_); }

  /// As if its network were cut. It notices what its clients notice.
  void break_connections() const { in_->connect(name_, false); }
  void heal_connections() const { in_->connect(name_, true); }
  /// The groups take it for dead, now; it finds out at its next heartbeat.
  void expire_sessions() const { in_->expire_sessions(name_); }
  /// Deletes its local copies. It does not run now.
  void lose_copies() const { in_->lose_copies(name_); }
  /// Damages them, so that they are found to be unusable. It does not run now.
  void corrupt_copies() const { in_->corrupt_copies(name_); }
};

/// Runs the groups, views and emitters of a program, declared as they are, and whatever instances of it.
///
/// Nothing happens by itself: instances run, and time passes, within `settle`, `advance`, `run`, `restart` and `stop`
/// alone. The first of them starts an instance "a", if none was started. Time is virtual: hours cost nothing, and equal
/// tests run equally. Topics are made as they are used. Callbacks run as they are, but what they await must end in
/// virtual time: acknowledgements do, the operating system's timers and sockets do not.
///
/// Life: at its end instances are dropped where they are; what they gave (watchers, acknowledgements) ends before.
/// Threads: one. Errors: tester_failure, a std::runtime_error, whose text ends in the story of what every instance did;
/// a test framework needs to know no more than exceptions, == and <<. A tester that is destroyed by an exception prints
/// its story on standard error; `INFO(t)` shows it with a failing doctest or Catch assertion.
class tester final : public tested_program {
 public:
  explicit tester(tester_options options = {});
  tester(const tester&) = delete;
  tester& operator=(const tester&) = delete;
  ~tester();

  /// Made when it is first asked for; not started.
  [[nodiscard]] tested_instance instance(std::string name) { return {in_, std::move(name)}; }

  /// Makes a topic with a number of partitions, and settings by Kafka's names; before it is used otherwise.
  template <class Handle>
  void create(const Handle& topic, std::int32_t partitions, const std::map<std::string, std::string>& config = {}) {
    in_->create(topic.topic(), partitions, config);
  }
  /// Writes a record, which is there at once; who reads it does so as time passes. Says where it is.
  template <class V, class Codec>
  record_position emit(const stream<V, Codec>& to, std::string_view key, const std::type_identity_t<V>& value,
                       const emit_options& options = {}) {
    std::string bytes;
    to.codec().encode(value, bytes);
    return in_->emit(to.topic(), to.partition_by(), false, key, bytes, options);
  }
  template <class V, class Codec>
  record_position emit(const corka::table<V, Codec>& to, std::string_view key, const std::type_identity_t<V>& value,
                       const emit_options& options = {}) {
    std::string bytes;
    to.codec().encode(value, bytes);
    return in_->emit(to.topic(), to.partition_by(), true, key, bytes, options);
  }
  template <class V, class Codec>
  record_position emit(const stream<V, Codec>& to, std::string_view key, tombstone_t,
                       const emit_options& options = {}) {
    return in_->emit(to.topic(), to.partition_by(), false, key, std::nullopt, options);
  }

  /// Lets time pass until nothing is left to do: each group has exactly its living members, every record of every input
  /// is processed, acknowledged, checkpointed and committed, and every copy of a table is at its end. Instances that
  /// are cut off count as dead.
  /// @throws tester_failure that says what is left after `settle_limit`, or why it never can be; what made a service
  ///         fail, the first time after it has.
  void settle() { in_->settle(); }
  /// Lets a time pass.
  void advance(std::chrono::nanoseconds d) { in_->advance(d); }
  [[nodiscard]] std::chrono::system_clock::time_point now() const { return in_->now(); }

  /// Rows as the table's topic says; after `settle` every copy says the same.
  template <class V, class Codec>
  [[nodiscard]] tested_table<V, Codec> table(const corka::table<V, Codec>& of) {
    in_->need_topic(of.topic(), true);
    return {in_, of};
  }
  template <class State, class Codec>
  [[nodiscard]] tested_table<State, Codec> table(const group<State, Codec>& of) {
    in_->need_topics(of.declared());
    return {in_, of.table()};
  }
  template <class V, class Codec>
  [[nodiscard]] topic_tracker<V, Codec> track(const stream<V, Codec>& of) {
    in_->need_topic(of.topic(), false);
    return {in_, of.topic(), of.codec()};
  }
  template <class V, class Codec>
  [[nodiscard]] topic_tracker<V, Codec> track(const corka::table<V, Codec>& of) {
    in_->need_topic(of.topic(), true);
    return {in_, of.topic(), of.codec()};
  }
  template <class State, class Codec>
  [[nodiscard]] tested_commits commits(const group<State, Codec>& of) {
    return tested_commits{in_->commits(of.declared())};
  }

  /// The broker is as if it were down, for all.
  void break_connections() { in_->set_reachable(false); }
  void heal_connections() { in_->set_reachable(true); }
  /// The next `n` records that instances send to the topic are not written, and their sender is told so. With
  /// errc::timed_out the partition that sent it goes back to its last commit; others follow the group's failure policy.
  template <class Handle>
  void fail_deliveries(const Handle& to, std::size_t n, errc why = errc::delivery_failed) {
    in_->fail_deliveries(to.topic(), n, why);
  }

  /// What each instance did, in order, with virtual times.
  [[nodiscard]] std::string story() const { return in_->story(); }
  friend std::ostream& operator<<(std::ostream& out, const tester& t) { return out << t.story(); }

 private:
  int exceptions_;
};

}  // namespace corka
