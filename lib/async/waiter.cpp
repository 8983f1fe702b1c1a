#include "async/waiter.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>

namespace corka::async {

/// Knows who waits, so that an io_context that ends takes them along: their coroutines would leak otherwise.
class waiter_service : public boost::asio::execution_context::service {
 public:
  using key_type = waiter_service;
  static boost::asio::execution_context::id id;

  explicit waiter_service(boost::asio::execution_context& context) : service{context} {}

  void add(waiter::alive_hook& w) { waiting_.push_back(w); }

 private:
  void shutdown() override {
    while (!waiting_.empty()) {
      // Dropping the handler posts the coroutine's destruction; that may end further waiters, of this list too.
      const auto dropped = waiting_.front().of.take();
    }
  }

  boost::intrusive::list<waiter::alive_hook, boost::intrusive::constant_time_size<false>> waiting_;
};

boost::asio::execution_context::id waiter_service::id;

waiter::waiter(executor ex) : ex_{std::move(ex)} {
  auto& context = boost::asio::query(ex_, boost::asio::execution::context);
  service_ = &boost::asio::use_service<waiter_service>(context);
}

waiter::~waiter() { abort(); }

void waiter::hold(handler h) {
  handler_.emplace(std::move(h));
  service_->add(alive_);
}

waiter::handler waiter::take() {
  // Nobody may cancel what is already on its way.
  boost::asio::get_associated_cancellation_slot(*handler_).clear();
  alive_.unlink();
  handler h = std::move(*handler_);
  handler_.reset();
  return h;
}

void waiter::post(boost::system::error_code ec) {
  if (!waiting()) return;
  boost::asio::post(ex_, [h = take(), ec]() mutable { std::move(h)(ec); });
}

void waiter::resume() { post({}); }

void waiter::resume_now() {
  if (!waiting()) return;
  auto h = take();
  std::move(h)(boost::system::error_code{});
}

void waiter::abort() { post(boost::asio::error::operation_aborted); }

}  // namespace corka::async
