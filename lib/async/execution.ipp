// Templates of execution.hpp.
#pragma once

#include "async/waiter.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace corka::async {

namespace detail {

/// Keeps what a call or coroutine gave, so that it needs no default constructor.
template <class T>
struct slot {
  std::optional<T> value;
  std::exception_ptr failed;

  template <class F>
  void fill(F& f) {
    value.emplace(f());
  }
  T take() {
    if (failed) std::rethrow_exception(std::move(failed));
    return std::move(*value);
  }
};
template <>
struct slot<void> {
  std::exception_ptr failed;

  template <class F>
  void fill(F& f) {
    f();
  }
  void take() {
    if (failed) std::rethrow_exception(std::move(failed));
  }
};

/// Awaits `t` into `into`.
template <class T>
task<> fill(task<T> t, slot<T>* into) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(t);
    } else {
      into->value.emplace(co_await std::move(t));
    }
  } catch (...) { into->failed = std::current_exception(); }
}

}  // namespace detail

template <class F>
task<std::invoke_result_t<F&>> blocking(execution& where, F call) {
  const executor back = co_await boost::asio::this_coro::executor;
  detail::slot<std::invoke_result_t<F&>> result;
  waiter done{back};
  const auto start = [&] {
    auto guarded = [&] {
      try {
        result.fill(call);
      } catch (...) { result.failed = std::current_exception(); }
    };
    where.run_blocking(std::move(guarded), back, [&done] { done.resume_now(); });
  };
  const auto not_cancelled = [] {};
  co_await done.suspend(start, not_cancelled);
  co_return result.take();
}

template <class T>
task<T> run_on(executor there, task<T> t) {
  detail::slot<T> result;
  auto filled = detail::fill(std::move(t), &result);
  co_await boost::asio::co_spawn(
      there, std::move(filled),
      boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot{}, boost::asio::use_awaitable));
  co_return result.take();
}

}  // namespace corka::async
