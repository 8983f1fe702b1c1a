// The librdkafka instances that fetch for one owner.
#pragma once

#include "kafka/rdkafka/client.hpp"
#include "kafka/rdkafka/handle.hpp"
#include "kafka/rdkafka/native.hpp"

#include <corka/ids.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::rdkafka {

/// One instance that fetches, and what it knows and reads. Guarded by its `fetch_lines`.
struct fetch_line {
  std::shared_ptr<handle> fetching;
  std::shared_ptr<client> unasked;  // reads what concerns no source and would pile up
  std::map<topic_name, native::topic> known;
  std::set<topic_partition> reading;
  std::set<topic_name> outdated;  // made anew since this instance knows them
};

/// One instance, and others where one will not do: it reads a partition once, and it never forgets a topic. What it
/// remembers of the leaders of one that was deleted outlives that: the new topic's leader epochs begin at 0 again,
/// which librdkafka takes for old news and the broker for an epoch that is yet to come (rd_kafka_toppar_leader_update).
/// So who reads a topic that was made anew does it by an instance that has never heard of the old one.
///
/// Life: shared by all who read by it; `seat`s may outlive it. Threads: safe.
class fetch_lines : public std::enable_shared_from_this<fetch_lines> {
 public:
  using maker = std::function<std::shared_ptr<handle>()>;
  /// Makes the instances when they are needed. What they say unasked is read on `control`.
  fetch_lines(maker make, executor control) : make_{std::move(make)}, control_{std::move(control)} {}
  fetch_lines(const fetch_lines&) = delete;
  fetch_lines& operator=(const fetch_lines&) = delete;
  ~fetch_lines();

  /// A partition's place on one of them. Life: ends when nothing is fetched any more.
  class seat {
   public:
    seat(std::shared_ptr<fetch_lines> of, std::shared_ptr<fetch_line> on, topic_partition where)
        : of_{std::move(of)}, on_{std::move(on)}, where_{std::move(where)} {}
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat() { of_->leave(*on_, where_); }

    [[nodiscard]] const std::shared_ptr<handle>& on() const noexcept { return on_->fetching; }

   private:
    std::shared_ptr<fetch_lines> of_;
    std::shared_ptr<fetch_line> on_;
    topic_partition where_;
  };
  [[nodiscard]] std::unique_ptr<seat> take(const topic_partition& where);

  /// Asks for the topic's leaders now, so that the first source on it does not wait for the next refresh.
  void warm(const topic_name& topic);
  void topic_is(const topic_name& topic, std::string_view id);

 private:
  /// The newest that can; made if there is none.
  std::shared_ptr<fetch_line> line_for(const topic_name& topic, const topic_partition* where);
  void leave(fetch_line& line, const topic_partition& where);
  void end_outdated();

  maker make_;
  executor control_;
  std::mutex mutex_;  // of all below
  std::vector<std::shared_ptr<fetch_line>> lines_;
  std::map<topic_name, std::string> ids_;
};

}  // namespace corka::kafka::rdkafka
