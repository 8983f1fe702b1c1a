// Looks at everything once a second and tells what it saw.
#pragma once

#include "async/timer.hpp"
#include "query/event_feed.hpp"
#include "query/event_log.hpp"
#include "query/history.hpp"
#include "query/ports.hpp"
#include "query/rebalance_reasons.hpp"
#include "query/samples.hpp"
#include "query/totals.hpp"

#include <corka/task.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace corka::query {

/// Keeps the history, finds out what has changed, and feeds the clients of /api/v1/events.
///
/// A look is what `source` says: numbers that others write anyway; nobody stands still for it. Life: outlives the
/// routes; `from` and `log` outlive it. Strand: every member, on `ex`. Cancellation: `run` ends by `stop`. Errors: what
/// `from` throws costs that second.
class monitor {
 public:
  monitor(executor ex, clock& time, const source& from, event_log& log);

  [[nodiscard]] task<> run();
  void stop();
  /// One look. For tests; `run` does it.
  void see();

  [[nodiscard]] const history& past() const noexcept { return history_; }
  [[nodiscard]] const event_log& log() const noexcept { return log_; }
  [[nodiscard]] event_feed& feed() noexcept { return feed_; }
  /// Why partitions moved.
  [[nodiscard]] rebalance_reasons& why() noexcept { return why_; }
  [[nodiscard]] const totals& sums() const noexcept { return sums_; }
  /// By the last two looks.
  [[nodiscard]] rates now() const { return {before_, last_}; }
  [[nodiscard]] clock& time() const noexcept { return time_; }
  [[nodiscard]] std::int64_t uptime_seconds() const;

 private:
  executor ex_;
  clock& time_;
  const source& from_;
  event_log& log_;
  clock::time_point began_;
  history history_;
  totals sums_;
  rebalance_reasons why_;
  event_feed feed_;
  std::uint64_t told_ = 0;  // entries of the log
  std::shared_ptr<const look> before_;
  std::shared_ptr<const look> last_;
  async::timer timer_;
  bool stopped_ = false;
};

}  // namespace corka::query
