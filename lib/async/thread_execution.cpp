#include "async/thread_execution.hpp"

#include "async/worker_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <pthread.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace corka::async {

struct thread_execution::impl {
  impl(std::size_t workers, std::size_t blocking_threads) : pool{std::max<std::size_t>(blocking_threads, 1)} {
    for (std::size_t i = 0; i < std::max<std::size_t>(workers, 1); ++i)
      loops.push_back(std::make_unique<worker_loop>());
    for (std::size_t i = 0; i < loops.size(); ++i) threads.emplace_back(&impl::work, loops[i].get(), i);
  }

  ~impl() {
    stop();
    for (auto& t : threads) t.join();
    // Their results go to loops, so these come after them.
    pool.join();
    for (auto& loop : loops) loop->drop_all();
  }

  void stop() noexcept {
    for (auto& loop : loops) loop->stop();
  }

  static void work(worker_loop* loop, std::size_t number) {
    pthread_setname_np(pthread_self(), ("corka-" + std::to_string(number)).c_str());
    loop->run();
  }

  system_clock time;
  std::vector<std::unique_ptr<worker_loop>> loops;
  boost::asio::thread_pool pool;
  std::vector<std::thread> threads;
};

thread_execution::thread_execution(std::size_t workers, std::size_t blocking_threads)
    : impl_{std::make_unique<impl>(workers, blocking_threads)} {}

thread_execution::~thread_execution() = default;

std::size_t thread_execution::workers() const noexcept { return impl_->loops.size(); }

executor thread_execution::worker(std::size_t i) const { return impl_->loops.at(i)->get_executor(); }

clock& thread_execution::time() const noexcept { return impl_->time; }

void thread_execution::run_blocking(std::function<void()> call, executor ex, std::function<void()> done) {
  boost::asio::post(impl_->pool, [call = std::move(call), ex = std::move(ex), done = std::move(done)]() mutable {
    call();
    boost::asio::post(ex, std::move(done));
  });
}

void thread_execution::stop() noexcept { impl_->stop(); }

}  // namespace corka::async
