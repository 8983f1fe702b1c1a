// A coroutine that a test can cancel.
#pragma once

#include "async/virtual_execution.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace corka::test {

/// Life: until what it started has ended, or its loop.
class cancellable {
 public:
  cancellable() = default;
  cancellable(const cancellable&) = delete;
  cancellable& operator=(const cancellable&) = delete;

  void start(async::virtual_execution& on, task<> t) {
    boost::asio::co_spawn(on.executor(), std::move(t),
                          boost::asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr e) {
                            ended_ = true;
                            failed_ = std::move(e);
                          }));
  }
  /// Takes effect at once when called on the loop, else with the loop's next turn.
  void cancel(boost::asio::cancellation_type type = boost::asio::cancellation_type::terminal) { signal_.emit(type); }

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool failed() const { return failed_ != nullptr; }
  /// It ended with operation_aborted.
  [[nodiscard]] bool aborted() const {
    if (!failed_) return false;
    try {
      std::rethrow_exception(failed_);
    } catch (const boost::system::system_error& e) {
      return e.code() == boost::asio::error::operation_aborted;
    } catch (...) { return false; }
  }

 private:
  boost::asio::cancellation_signal signal_;
  bool ended_ = false;
  std::exception_ptr failed_;
};

}  // namespace corka::test
