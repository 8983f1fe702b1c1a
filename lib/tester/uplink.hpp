// How one run of an instance reaches the broker.
#pragma once

#include "kafka/embedded/broker.hpp"
#include "tester/story.hpp"

#include <corka/ids.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>

namespace corka::tester_parts {

/// Deliveries that are to fail: what they fail with, by topic, the next one first.
class delivery_faults {
 public:
  void fail_next(const topic_name& topic, std::size_t n, std::error_code why) {
    auto& of = planned_[topic];
    of.insert(of.end(), n, why);
  }
  /// Empty: this one is to succeed.
  [[nodiscard]] std::error_code take(const topic_name& topic) {
    if (planned_.empty()) return {};
    const auto at = planned_.find(topic);
    if (at == planned_.end()) return {};
    const auto why = at->second.front();
    at->second.pop_front();
    if (at->second.empty()) planned_.erase(at);
    return why;
  }

 private:
  std::map<topic_name, std::deque<std::error_code>> planned_;
};

/// Shared by all clients of one run of an instance: whether they reach the broker, and what is known of them.
struct uplink {
  uplink(std::string name, std::shared_ptr<kafka::embedded::broker> to, story& tells, delivery_faults& plan)
      : instance{std::move(name)}, broker{std::move(to)}, told{tells}, faults{plan} {}

  void tell(std::string what) const { told.tell(instance, std::move(what)); }
  /// Gives a client its place under the instance's name, so that it can be told from another instance's.
  [[nodiscard]] std::string name_of(const std::string& client_id) {
    auto id = instance + "/" + client_id;
    // Also where a life before was cut off, and this one is not.
    if (clients.insert(id).second) broker->set_reachable(id, connected);
    return id;
  }
  void connect(bool up) {
    if (std::exchange(connected, up) == up) return;
    for (const auto& id : clients) broker->set_reachable(id, up);
  }

  const std::string instance;
  const std::shared_ptr<kafka::embedded::broker> broker;
  story& told;
  delivery_faults& faults;
  /// Client ids at the broker.
  std::set<std::string> clients;
  /// False: as if the network were cut.
  bool connected = true;
  /// The process is dead: nothing of what its remains call gets through any more.
  bool severed = false;
  /// Sent records that nothing was heard of yet.
  std::size_t in_flight = 0;
};

}  // namespace corka::tester_parts
