// The suspended end of everything in this layer that waits.
#pragma once

#include <corka/task.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>

#include <optional>
#include <utility>

namespace corka::async {

/// Suspends one coroutine until somebody resumes it. No allocation.
///
/// Life: destroying it while a coroutine waits ends the wait with operation_aborted. A coroutine that still waits when
/// its io_context is destroyed is destroyed with it, as with Asio's own operations. Strand: every member on `ex`, which
/// must be single-threaded. Cancellation: as chosen per `suspend`.
class waiter : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit waiter(executor ex);
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter();

  [[nodiscard]] bool waiting() const noexcept { return handler_.has_value(); }

  /// Waits for `resume`; `started()` is called once the coroutine is suspended and can be resumed. Total and terminal
  /// cancellation end the wait.
  template <class Started>
  [[nodiscard]] task<> suspend(Started started) {
    return suspend(std::move(started), [this] { abort(); });
  }
  /// The same, with `on_cancel` called instead of ending the wait: what the wait is for ends it.
  template <class Started, class OnCancel>
  [[nodiscard]] task<> suspend(Started started, OnCancel on_cancel) {
    // Named first: facts/asio.md, traps with temporaries in awaited calls.
    auto arm = [this, started = std::move(started), on_cancel = std::move(on_cancel)](handler h) mutable {
      auto slot = boost::asio::get_associated_cancellation_slot(h);
      hold(std::move(h));
      if (slot.is_connected()) {
        slot.assign([on_cancel = std::move(on_cancel)](boost::asio::cancellation_type type) mutable {
          // A copy: what it does may resume the waiter, which destroys the slot's.
          auto call = on_cancel;
          if (type != boost::asio::cancellation_type::none) call();
        });
      }
      started();
    };
    return boost::asio::async_initiate<const token, void(boost::system::error_code)>(std::move(arm),
                                                                                     boost::asio::use_awaitable);
  }

  /// Lets the coroutine go on, in a turn of its own. Nothing if none waits.
  void resume();
  /// Lets the coroutine go on within this call, which must be a turn of the strand that does nothing else afterwards.
  void resume_now();
  /// Ends the wait with operation_aborted, in a turn of its own.
  void abort();

 private:
  using token = boost::asio::use_awaitable_t<executor>;
  using handler = boost::asio::async_result<token, void(boost::system::error_code)>::handler_type;
  friend class waiter_service;

  void hold(handler h);
  [[nodiscard]] handler take();
  void post(boost::system::error_code ec);

  struct alive_hook : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    explicit alive_hook(waiter& w) : of{w} {}
    waiter& of;
  };

  executor ex_;
  class waiter_service* service_;
  alive_hook alive_{*this};
  std::optional<handler> handler_;
};

/// Coroutines waiting for the same thing, in the order they came.
using waiter_list = boost::intrusive::list<waiter, boost::intrusive::constant_time_size<false>>;

}  // namespace corka::async
