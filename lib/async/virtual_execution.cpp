#include "async/virtual_execution.hpp"

#include <corka/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

#include <string>

namespace corka::async {

void virtual_execution::advance(clock::duration d) {
  const auto until = time_.now() + d;
  settle();
  while (time_.advance_to_next(until)) settle();
}

void virtual_execution::run_void(task<> t, clock::duration limit) {
  // Shared with the handler: after a failure below the task may still be there, and end after this call.
  struct outcome {
    bool ended = false;
    boost::asio::cancellation_signal cancel;
  };
  const auto out = std::make_shared<outcome>();
  const auto until = time_.now() + limit;
  boost::asio::co_spawn(
      executor(), std::move(t),
      boost::asio::bind_cancellation_slot(out->cancel.slot(), [out](const std::exception_ptr& failed) {
        out->ended = true;
        if (failed) std::rethrow_exception(failed);
      }));

  const auto give_up = [&](const std::string& why) {
    out->cancel.emit(boost::asio::cancellation_type::terminal);
    settle();
    throw error{errc::internal, why};
  };
  settle();
  while (!out->ended) {
    if (!time_.next()) give_up("deadlock: nothing is ready and no timer is armed, but the awaited task has not ended");
    if (!time_.advance_to_next(until)) {
      give_up("the awaited task has not ended within " +
              std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit).count()) + " s of virtual time");
    }
    settle();
  }
}

}  // namespace corka::async
