// Who has until when.
#pragma once

#include "async/event.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"

#include <corka/task.hpp>

#include <boost/intrusive/list.hpp>

#include <cstddef>

namespace corka::http {

/// One timer for many deadlines that are moved all the time and hardly ever reached: moving one is an assignment.
///
/// Works because no deadline is ever set to less than `shortest` from now: to look again after that long misses none.
/// Strand: every member on `ex`. Life: outlives its entries.
class deadline_board {
 public:
  static constexpr clock::time_point never = clock::time_point::max();

  struct entry : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    entry() = default;
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    virtual ~entry() = default;
    /// The deadline has passed; it is `never` now.
    virtual void expired() = 0;

    clock::time_point deadline = never;
  };

  deadline_board(executor ex, clock& time, clock::duration shortest);

  void add(entry& e);
  /// Watches until `stop`.
  [[nodiscard]] task<> run();
  void stop();

  using entries = boost::intrusive::list<entry, boost::intrusive::constant_time_size<false>>;
  [[nodiscard]] entries& all() noexcept { return entries_; }

 private:
  clock& time_;
  clock::duration shortest_;
  async::timer timer_;
  async::event busy_;
  entries entries_;
  bool stopped_ = false;
};

}  // namespace corka::http
