#include "http/listener.hpp"

#include "async/backoff.hpp"
#include "async/signal.hpp"
#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "http/address.hpp"
#include "http/deadline_board.hpp"
#include "http/host_guard.hpp"
#include "http/session.hpp"
#include "http/tls.hpp"

#include <corka/error.hpp>
#include <corka/http/problem.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/errc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace corka::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Failures of accepting that are no longer apart are one: it is told once.
constexpr std::chrono::minutes told_for{1};

bool lacks_descriptors(const boost::system::error_code& why) noexcept {
  return why == asio::error::no_descriptors || why == boost::system::errc::too_many_files_open_in_system;
}

std::string_view cure(const boost::system::error_code& why) noexcept {
  return lacks_descriptors(why) ? "; idle ones make room: raise the limit of open files (ulimit -n, systemd's "
                                  "LimitNOFILE=), or allow fewer connections"
                                : "";
}

clock::duration shortest(const limits& l) { return std::min({l.idle, l.header, l.body, l.write, l.linger}); }

}  // namespace

struct listener::impl {
  impl(executor e, clock& t, const router& r, listener_options o, logger l)
      : ex{std::move(e)}, time{t}, routes{r}, options{std::move(o)}, log{std::move(l)}, stopping{ex} {}

  void open();
  task<> run();
  task<> accept();
  task<> wait_for_stop();
  task<> end_slow_ones();
  bool make_room();
  static void turn_away(tcp::socket socket);
  static task<> serve(impl* my, std::unique_ptr<session> s);

  executor ex;
  clock& time;
  const router& routes;
  const listener_options options;
  logger log;
  async::signal stopping;

  std::shared_ptr<asio::ssl::context> tls;
  std::optional<tcp::acceptor> acceptor;
  tcp::endpoint bound;
  std::optional<host_guard> guard;
  std::size_t open_sessions = 0;

  // While it runs:
  struct running {
    running(impl& my)
        : deadlines{my.ex, my.time, shortest(my.options.bounds)},
          shared{my.routes, *my.guard,        my.options.bounds,      my.time,     my.log,
                 deadlines, my.options.admit, my.options.admit_whole, my.tls.get()},
          helpers{my.ex},
          sessions{my.ex},
          pause{my.ex, my.time},
          drain_end{my.ex, my.time} {}

    deadline_board deadlines;
    session_host shared;
    async::task_group helpers;
    async::task_group sessions;
    async::timer pause;  // of accepting
    async::timer drain_end;
    bool drained = false;
  };
  std::unique_ptr<running> now;
};

void listener::impl::open() {
  if (acceptor) return;
  const auto at = parse_address(options.address);
  if (options.tls) tls = server_tls(*options.tls);
  tcp::acceptor a{ex};
  boost::system::error_code failed;
  const auto check = [&] {
    if (!failed) return;
    throw error{errc::invalid_option,
                fmt::format("cannot listen on {}: {}; give another address or port to the HTTP server", options.address,
                            failed.message())};
  };
  a.open(at.protocol(), failed);
  check();
  a.set_option(tcp::acceptor::reuse_address{true}, failed);
  check();
  if (at.address().is_v6()) a.set_option(asio::ip::v6_only{false}, failed);
  check();
  a.bind(at, failed);
  check();
  a.listen(asio::socket_base::max_listen_connections, failed);
  check();
  bound = a.local_endpoint();
  guard.emplace(bound.address(), options.hosts);
  acceptor.emplace(std::move(a));
}

task<> listener::impl::run() {
  // Ended by `stop` alone: a half-cancelled drain would leave connections that nobody waits for.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  open();
  now = std::make_unique<running>(*this);
  now->helpers.spawn(now->deadlines.run());
  now->helpers.spawn(wait_for_stop());
  log.info("listening on " + to_string(bound) + (tls ? " by TLS" : ""));

  co_await accept();

  acceptor.reset();
  for (auto& e : now->deadlines.all()) static_cast<session&>(e).drain();
  now->helpers.spawn(end_slow_ones());
  co_await now->sessions.join();
  now->drained = true;
  now->drain_end.cancel();
  now->deadlines.stop();
  co_await now->helpers.join();
  now.reset();
  stopping.try_wait();  // stops beyond the first are for this run, not the next
}

task<> listener::impl::accept() {
  async::backoff patience{std::chrono::milliseconds{10}, std::chrono::milliseconds{1'000}};
  auto tell_from = clock::time_point::min();
  bool somebody_waits = false;
  while (!now->shared.draining) {
    auto [ec, socket] = co_await acceptor->async_accept(asio::as_tuple(asio::use_awaitable));
    if (now->shared.draining) co_return;
    if (ec) {
      if (ec == asio::error::connection_aborted) continue;
      // For want of a descriptor it fails at once, though nobody may want to connect.
      if (lacks_descriptors(ec) && !std::exchange(somebody_waits, true)) {
        co_await acceptor->async_wait(tcp::acceptor::wait_read, asio::as_tuple(asio::use_awaitable));
        continue;
      }
      const auto at = time.now();
      if (at >= tell_from) log.error(fmt::format("cannot accept connections: {}{}", ec.message(), cure(ec)));
      tell_from = at + told_for;
      make_room();
      co_await now->pause.wait_for(patience.next());
      continue;
    }
    somebody_waits = false;
    patience.reset();
    if (open_sessions >= options.bounds.connections && !make_room()) {
      turn_away(std::move(socket));
      continue;
    }
    auto s = std::make_unique<session>(std::move(socket), now->shared);
    now->deadlines.add(*s);
    ++open_sessions;
    now->sessions.spawn(serve(this, std::move(s)));
  }
}

task<> listener::impl::serve(impl* my, std::unique_ptr<session> s) {
  struct left {
    std::size_t& open;
    ~left() { --open; }
  } const at_end{my->open_sessions};
  co_await s->run();
}

task<> listener::impl::wait_for_stop() {
  co_await stopping.wait();
  now->shared.draining = true;
  boost::system::error_code ignored;
  acceptor->close(ignored);
  now->pause.cancel();
}

task<> listener::impl::end_slow_ones() {
  if (now->drained) co_return;
  const bool overdue = co_await now->drain_end.wait_for(options.drain);
  if (!overdue) co_return;
  log.warn(fmt::format("{} requests took longer than the {} ms that a stop waits: cancelled", now->sessions.running(),
                       options.drain.count()));
  now->sessions.cancel();
}

// Ends the connection that has been idle longest.
bool listener::impl::make_room() {
  auto& resting = now->shared.resting.all;
  if (resting.empty()) return false;
  static_cast<session&>(resting.front()).drain();
  return true;
}

// What fits into the socket's own buffer: whoever is turned away must not need memory or time.
void listener::impl::turn_away(tcp::socket socket) {
  static const std::string full = [] {
    auto r = problem{503, "too-many-connections", "all connections of this server are busy: try again later"}
                 .header("Retry-After", "1")
                 .answer();
    return fmt::format("HTTP/1.1 503 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", reason(503),
                       r.body().size(), r.fields(), r.body());
  }();
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::const_buffer{full.data(), full.size()}, ignored);
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

listener::listener(executor ex, clock& time, const router& routes, listener_options options, logger log)
    : impl_{std::make_unique<impl>(std::move(ex), time, routes, std::move(options), std::move(log))} {}
listener::~listener() = default;

void listener::open() { impl_->open(); }
std::uint16_t listener::port() const { return impl_->bound.port(); }
std::string listener::url() const {
  auto at = impl_->bound;
  if (at.address().is_unspecified()) at.address(asio::ip::address_v4::loopback());
  return (impl_->options.tls ? "https://" : "http://") + to_string(at) + "/";
}
task<> listener::run() { return impl_->run(); }
void listener::stop() noexcept { impl_->stopping.notify(); }
std::size_t listener::connections() const noexcept { return impl_->open_sessions; }

}  // namespace corka::http
