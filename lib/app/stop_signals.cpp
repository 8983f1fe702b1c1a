#include "app/stop_signals.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <thread>
#include <utility>

namespace corka::app_parts {

struct stop_signals::impl {
  explicit impl(std::function<void(int)> s) : stop{std::move(s)} {
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
      if (asked) end_process(signal);
      asked = true;
      stop(signal);
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
  bool asked = false;
  std::thread thread;
};

stop_signals::stop_signals(std::function<void(int signal)> stop) : impl_{std::make_unique<impl>(std::move(stop))} {}
stop_signals::~stop_signals() = default;

}  // namespace corka::app_parts
