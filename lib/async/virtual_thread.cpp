#include "async/virtual_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace corka::async {

void virtual_thread::run_blocking(std::function<void()> call, corka::executor ex, std::function<void()> done) {
  if (ended_) return;
  call();
  boost::asio::post(ex, std::move(done));
}

void virtual_thread::start(task<> t) {
  boost::asio::co_spawn(loop_, std::move(t), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
}

void virtual_thread::settle() {
  while (step()) {}
}

void virtual_thread::drop_all() {
  end();
  loop_.drop_all();
}

}  // namespace corka::async
