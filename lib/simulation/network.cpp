#include "simulation/network.hpp"

#include "kafka/ports.hpp"

#include <corka/error.hpp>

namespace corka::simulation_parts {

using namespace std::chrono_literals;

network::fetch network::fetching(const topic_partition&) {
  fetch how;
  if (is_on(fault_kind::slow_fetches)) {
    how.later = by_.up_to(clock::duration{2s});
  } else if (by_.one_in(3)) {
    how.later = by_.up_to(clock::duration{30ms});
  }
  if (!by_.one_in(3)) how.records = 1 + by_.below(12);
  return how;
}

network::write network::writing(const topic_partition&, std::size_t) {
  write how;
  const bool slow = is_on(fault_kind::slow_writes);
  const clock::duration most = slow ? 1s : 10ms;
  if (slow || by_.one_in(2)) how.written_after = by_.up_to(most);
  if (slow || by_.one_in(2)) how.told_after = by_.up_to(most);
  how.again_after_crash = by_.one_in(2);
  const bool fails = is_on(fault_kind::fail_deliveries) && by_.one_in(4);
  if (fails || (crashed() && by_.one_in(2))) {
    // As the client finds it: it has not heard in time whether it was written.
    how.failed = errc::timed_out;
    how.kept = by_.one_in(2);
  } else if (is_on(fault_kind::double_writes)) {
    how.twice = by_.one_in(2);
  }
  return how;
}

network::commit network::committing(const group_name&) {
  commit how;
  if (by_.one_in(3)) how.later = by_.up_to(clock::duration{by_.one_in(8) ? 500ms : 10ms});
  if (is_on(fault_kind::fail_commits) && by_.one_in(2)) {
    how.failed = errc::broker_unavailable;
    how.kept = by_.one_in(2);
  }
  return how;
}

void network::committed(const group_name& group, const std::string& member, std::span<const kafka::position> what) {
  for (const auto& p : what) truth_.committed(group.str(), member, p.where, p.next.value);
}

}  // namespace corka::simulation_parts
