#include "app/stop_signals.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <thread>
#include <utility>

namespace corka::app_parts {

struct stop_signals::impl {
  impl(std::function<void(int)> s, std::chrono::milliseconds one_wish) : stop{std::move(s)}, wishes{one_wish} {
    wait();
    thread = std::thread{[this] { loop.run(); }};
  }
  ~impl() {
    loop.stop();
    thread.join();
  }

  void wait() {
    signals.async_wait([this](boost::system::error_code failed, int signal) {
      if (failed) return;
      const auto wish = wishes.heard(std::chrono::steady_clock::now());
      if (wish == stop_wishes::wish::end_at_once) end_process(signal);
      if (wish == stop_wishes::wish::stop) stop(signal);
      wait();
    });
  }

  [[noreturn]] static void end_process(int signal) {
    // Ended by the signal, so that a shell sees 130 or 143; as process 1 of a container signals do nothing by
    // themselves.
    std::signal(signal, SIG_DFL);
    ::kill(::getpid(), signal);
    ::_exit(128 + signal);
  }

  std::function<void(int)> stop;
  boost::asio::io_context loop{1};
  boost::asio::signal_set signals{loop, SIGINT, SIGTERM};
  stop_wishes wishes;
  std::thread thread;
};

stop_signals::stop_signals(std::function<void(int signal)> stop, std::chrono::milliseconds one_wish)
    : impl_{std::make_unique<impl>(std::move(stop), one_wish)} {}
stop_signals::~stop_signals() = default;

}  // namespace corka::app_parts
