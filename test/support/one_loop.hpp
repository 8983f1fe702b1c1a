// Everything on the test's own thread, in real time.
#pragma once

#include "async/execution.hpp"
#include "async/worker_loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace corka::test {

/// One loop that runs only within `run` and `eventually`, and threads for what blocks: for tests against something
/// real, which would otherwise need locks.
class one_loop final : public async::execution {
 public:
  one_loop() = default;
  one_loop(const one_loop&) = delete;
  one_loop& operator=(const one_loop&) = delete;
  ~one_loop() override {
    // What is suspended may still want to end something where blocking is allowed.
    loop_.drop_all();
    pool_.join();
  }

  [[nodiscard]] std::size_t workers() const noexcept override { return 1; }
  [[nodiscard]] corka::executor worker(std::size_t) const override { return loop_.get_executor(); }
  [[nodiscard]] clock& time() const noexcept override { return time_; }
  void run_blocking(std::function<void()> call, corka::executor ex, std::function<void()> done) override {
    boost::asio::post(pool_, [call = std::move(call), ex = std::move(ex), done = std::move(done)] {
      call();
      boost::asio::post(ex, done);
    });
  }

  void run(task<> t) {
    std::optional<std::exception_ptr> end;
    boost::asio::co_spawn(loop_, std::move(t), [&](std::exception_ptr e) { end = std::move(e); });
    while (!end) loop_.run_one();
    if (*end) std::rethrow_exception(*end);
  }
  void start(task<> t) { boost::asio::co_spawn(loop_, std::move(t), boost::asio::detached); }
  [[nodiscard]] bool eventually(const std::function<bool()>& is_so, std::chrono::milliseconds patience) {
    const auto until = time_.now() + patience;
    while (!is_so()) {
      if (time_.now() >= until) return false;
      loop_.run_for(std::chrono::milliseconds{2});
    }
    return true;
  }

 private:
  mutable system_clock time_;
  boost::asio::thread_pool pool_{4};
  mutable async::worker_loop loop_;
};

}  // namespace corka::test
