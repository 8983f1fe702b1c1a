#include "service.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>

namespace asio = boost::asio;

namespace deferred_app {

corka::task<corka::http::response> payment_service::put(corka::http::request r) {
  asio::steady_timer thinking{co_await asio::this_coro::executor, std::chrono::milliseconds{20}};
  co_await thinking.async_wait(asio::use_awaitable);
  if (fails_each_ > 0 && ++requests_ % fails_each_ == 0) co_return corka::http::response{503};
  const bool number = !r.body.empty() && std::ranges::all_of(r.body, [](char c) { return c >= '0' && c <= '9'; });
  if (!number) co_return corka::http::response{422};
  paid_.insert(r.at("id"));
  taken_ = paid_.size();
  co_return corka::http::response{200};
}

}  // namespace deferred_app
