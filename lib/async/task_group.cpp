#include "async/task_group.hpp"

#include "async/strand_check.hpp"
#include "async/waiter.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <list>
#include <utility>
#include <vector>

namespace corka::async {

namespace {

bool is_abort(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const boost::system::system_error& e) {
    return e.code() == boost::asio::error::operation_aborted;
  } catch (...) { return false; }
}

}  // namespace

struct task_group::impl {
  using child = std::shared_ptr<boost::asio::cancellation_signal>;

  explicit impl(const executor& on) : ex{on}, check{on}, joiner{on} {}

  void ended(std::list<child>::iterator c, const std::exception_ptr& e) {
    children.erase(c);
    if (e && !failed && !is_abort(e)) {
      failed = e;
      // Moved out: it may end further children, or replace itself.
      if (const auto tell = std::exchange(on_failure, nullptr)) tell();
    }
    if (children.empty()) joiner.resume();
  }

  void cancel() {
    // A copy: children may end, and start others, meanwhile.
    const std::vector<child> all{children.begin(), children.end()};
    for (const auto& c : all) c->emit(boost::asio::cancellation_type::terminal);
  }

  executor ex;
  strand_check check;
  waiter joiner;
  std::list<child> children;  // in the order of their start, which is that of their cancellation
  std::exception_ptr failed;
  std::function<void()> on_failure;
};

task_group::task_group(executor ex) : impl_{std::make_shared<impl>(ex)} {}

task_group::~task_group() = default;

void task_group::spawn(task<> child) {
  impl_->check("task_group::spawn");
  const auto c = std::make_shared<boost::asio::cancellation_signal>();
  const auto at = impl_->children.insert(impl_->children.end(), c);
  auto ended = [my = impl_, c, at](const std::exception_ptr& e) { my->ended(at, e); };
  boost::asio::co_spawn(impl_->ex, std::move(child), boost::asio::bind_cancellation_slot(c->slot(), std::move(ended)));
}

void task_group::on_failure(std::function<void()> f) { impl_->on_failure = std::move(f); }

void task_group::cancel() {
  impl_->check("task_group::cancel");
  impl_->cancel();
}

std::size_t task_group::running() const noexcept { return impl_->children.size(); }

task<> task_group::join() {
  const auto my = impl_;
  my->check("task_group::join");
  while (!my->children.empty()) {
    const auto nothing = [] {};
    const auto cancel_children = [my] { my->cancel(); };
    co_await my->joiner.suspend(nothing, cancel_children);
  }
  if (my->failed) std::rethrow_exception(std::exchange(my->failed, nullptr));
}

}  // namespace corka::async
