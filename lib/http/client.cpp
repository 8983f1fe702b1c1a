#include <corka/http/client.hpp>

#include "async/time_limit.hpp"
#include "async/timer.hpp"
#include "base/clock.hpp"
#include "http/byte_stream.hpp"
#include "http/field_rules.hpp"
#include "http/tls.hpp"

#include <corka/error.hpp>
#include <corka/http/request.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <list>
#include <map>

namespace corka::http {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::uint32_t header_bytes = 64 * 1024;
constexpr int most_interim = 8;

bool repeatable(std::string_view method) noexcept {
  constexpr std::array<std::string_view, 5> all{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::ranges::find(all, method) != all.end();
}

clock& system_time() {
  static system_clock of_the_system;
  return of_the_system;
}

constexpr std::string_view by_tls = "https://";

/// "https://host:port" taken apart; the brackets of IPv6 are gone.
struct place {
  std::string host;
  std::uint16_t port = 0;
  bool secured = false;
};

std::string_view without_scheme(std::string_view address) noexcept {
  return address.starts_with(by_tls) ? address.substr(by_tls.size()) : address;
}

place parse(const std::string& whole) {
  place at;
  const auto address = without_scheme(whole);
  at.secured = address.size() != whole.size();
  const auto colon = address.rfind(':');
  const auto* const end = address.data() + address.size();
  const auto* const digits = address.data() + (colon == std::string_view::npos ? address.size() : colon + 1);
  const auto [stopped, failed] = std::from_chars(digits, end, at.port);
  if (colon == std::string_view::npos || colon == 0 || failed != std::errc{} || stopped != end)
    throw call_failed{fmt::format("'{}' is no address: write it like host:8080 or https://host:8443", whole), false};
  at.host = address.substr(0, colon);
  if (at.host.size() > 2 && at.host.front() == '[' && at.host.back() == ']')
    at.host = at.host.substr(1, at.host.size() - 2);
  return at;
}

}  // namespace

std::optional<std::string_view> reply::header(std::string_view name) const noexcept {
  for (const auto& [n, value] : fields) {
    if (equal_ignoring_case(n, name)) return value;
  }
  return {};
}

struct client::impl {
  struct connection {
    explicit connection(const executor& ex) : stream{tcp::socket{ex}} {}
    void close() {
      boost::system::error_code ignored;
      stream.socket().close(ignored);
    }
    byte_stream stream;
    boost::beast::flat_buffer unread;
    clock::time_point since;
    bool kept = false;  ///< it has answered, and stays open for the next call
  };
  using link = std::unique_ptr<connection>;

  /// A call that waits for a connection.
  struct turn {
    turn(const executor& ex, clock& time) : patience{ex, time} {}
    async::timer patience;
    bool given = false;
  };
  struct peer {
    std::size_t busy = 0;
    std::vector<link> idle;
    std::list<turn*> waiting;
  };

  impl(clock& t, client_options o) : time{t}, options{std::move(o)} {}

  /// A call's right to a connection of `to`, from `take` to its destruction.
  struct permit {
    impl& of;
    peer& to;
    permit(impl& i, peer& p) : of{i}, to{p} {}
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit() { give_on(to); }
  };

  static void give_on(peer& to);
  void drop_old();
  task<> take(peer& to, const std::string& address, clock::time_point until);
  task<link> connect(const call& what, clock::time_point until);
  [[nodiscard]] asio::ssl::context& tls();
  task<reply> exchange(connection& on, const call& what, clock::time_point until, bool& began);
  [[nodiscard]] call_failed overdue(const call& what, bool sent) const {
    return {fmt::format("{} did not answer within {} ms", what.address, options.total.count()), sent};
  }

  clock& time;
  const client_options options;
  std::map<std::string, peer> peers;
  std::shared_ptr<asio::ssl::context> trusted;  // once it is needed
};

// Who waits longest takes the place over; nobody is asked twice.
void client::impl::give_on(peer& to) {
  if (to.waiting.empty()) {
    --to.busy;
    return;
  }
  auto* const next = to.waiting.front();
  to.waiting.pop_front();
  next->given = true;
  next->patience.cancel();
}

void client::impl::drop_old() {
  const auto now = time.now();
  for (auto it = peers.begin(); it != peers.end();) {
    auto& p = it->second;
    std::erase_if(p.idle, [&](const link& c) { return now - c->since >= options.idle; });
    it = p.busy == 0 && p.idle.empty() && p.waiting.empty() ? peers.erase(it) : std::next(it);
  }
}

task<> client::impl::take(peer& to, const std::string& address, clock::time_point until) {
  if (to.busy < options.connections) {
    ++to.busy;
    co_return;
  }
  const auto here = co_await asio::this_coro::executor;
  turn mine{here, time};
  to.waiting.push_back(&mine);
  // Given and cancelled at once: the place goes to the next one.
  struct leaver {
    peer& of;
    turn& mine;
    bool keeps = false;
    ~leaver() {
      if (mine.given && !keeps) give_on(of);
      if (!mine.given) of.waiting.remove(&mine);
    }
  } at_end{to, mine};
  (void)co_await mine.patience.wait_until(until);
  at_end.keeps = mine.given;
  if (!mine.given) {
    throw call_failed{fmt::format("{} is busy: all {} connections to it are in use", address, options.connections),
                      false};
  }
}

asio::ssl::context& client::impl::tls() {
  try {
    if (!trusted) trusted = client_tls(options.authorities);
  } catch (const error& e) { throw call_failed{e.what(), false}; }
  return *trusted;
}

task<client::impl::link> client::impl::connect(const call& what, clock::time_point until) {
  const auto here = co_await asio::this_coro::executor;
  const auto at = parse(what.address);
  auto made = std::make_unique<connection>(here);
  std::vector<tcp::endpoint> ends;
  boost::system::error_code no_address;
  const auto literal = asio::ip::make_address(at.host, no_address);
  tcp::resolver names{here};
  const async::time_limit limit{here, time, std::min(until, time.now() + options.connect), [&] {
                                  names.cancel();
                                  made->close();
                                }};
  try {
    if (no_address) {
      const auto found = co_await names.async_resolve(at.host, std::to_string(at.port), asio::use_awaitable);
      for (const auto& entry : found) ends.push_back(entry.endpoint());
    } else {
      ends.emplace_back(literal, at.port);
    }
    co_await asio::async_connect(made->stream.socket(), ends, asio::use_awaitable);
    if (at.secured) {
      const auto failed = co_await made->stream.secure(tls(), byte_stream::end::client, at.host);
      if (failed) throw boost::system::system_error{failed};
    }
  } catch (const boost::system::system_error& e) {
    if (limit.passed()) {
      throw call_failed{
          fmt::format("{} does not answer: no connection within {} ms", what.address, options.connect.count()), false};
    }
    if (e.code() == asio::error::operation_aborted) throw;
    throw call_failed{fmt::format("{} cannot be reached: {}", what.address, e.code().message()), false};
  }
  boost::system::error_code ignored;
  made->stream.socket().set_option(tcp::no_delay{true}, ignored);
  co_return made;
}

task<reply> client::impl::exchange(connection& on, const call& what, clock::time_point until, bool& began) {
  const auto here = co_await asio::this_coro::executor;
  wire::request<wire::string_body> request;
  request.method_string(what.method);
  request.target(what.target);
  request.version(11);
  request.set(wire::field::host, without_scheme(what.address));
  for (const auto& [name, value] : what.fields) request.set(name, value);
  request.body() = what.body;
  if (!what.body.empty() || what.method == "POST" || what.method == "PUT") request.content_length(what.body.size());
  std::optional<wire::response_parser<wire::string_body>> answer;
  const async::time_limit limit{here, time, until, [&on] { on.close(); }};
  try {
    co_await wire::async_write(on.stream, request, asio::use_awaitable);
    // "100 Continue" and "103 Early Hints" come before the answer.
    for (int interim = 0; !answer || answer->get().result_int() / 100 == 1; ++interim) {
      if (interim > most_interim) throw call_failed{what.address + " gives interim answers only", true};
      answer.emplace();
      answer->header_limit(header_bytes);
      answer->body_limit(options.body_bytes);
      answer->skip(what.method == "HEAD");
      co_await wire::async_read_some(on.stream, on.unread, *answer, asio::use_awaitable);
      began = true;
      if (!answer->is_done()) co_await wire::async_read(on.stream, on.unread, *answer, asio::use_awaitable);
    }
  } catch (const boost::system::system_error& e) {
    began = began || (answer && answer->got_some());
    if (limit.passed()) {
      began = true;  // too late for another attempt
      throw overdue(what, true);
    }
    if (e.code() == asio::error::operation_aborted) throw;
    throw call_failed{fmt::format("{} gave no usable answer: {}", what.address, e.code().message()), true};
  }
  reply got;
  got.status = answer->get().result_int();
  for (const auto& field : answer->get()) got.fields.emplace_back(field.name_string(), field.value());
  got.body = std::move(answer->get().body());
  // What came beyond the answer nobody asked for: it must not be taken for the next call's.
  on.kept = answer->keep_alive() && on.unread.size() == 0;
  co_return got;
}

client::client(client_options options) : client{system_time(), std::move(options)} {}
client::client(clock& time, client_options options) : impl_{std::make_unique<impl>(time, std::move(options))} {}
client::~client() = default;

namespace {

/// Fields and targets may be made of data: nothing in them may become a line of its own.
void check(const call& what) {
  const auto visible = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; };
  if (!is_token(what.method) || what.target.empty() || !std::ranges::all_of(what.target, visible))
    throw call_failed{fmt::format("'{} {}' is no request: percent-encode the target", what.method, what.target), false};
  for (const auto& [name, value] : what.fields) {
    if (is_token(name) && is_value(value)) continue;
    throw call_failed{fmt::format("'{}' is no header field that can be sent with this value", name), false};
  }
}

}  // namespace

std::size_t client::connections() const noexcept {
  std::size_t all = 0;
  for (const auto& [address, p] : impl_->peers) all += p.busy + p.idle.size();
  return all;
}

task<reply> client::send(call what) {
  check(what);
  auto& my = *impl_;
  const auto until = my.time.now() + my.options.total;
  my.drop_old();
  auto& to = my.peers[what.address];
  co_await my.take(to, what.address, until);
  const impl::permit mine{my, to};
  while (true) {
    impl::link on;
    if (!to.idle.empty()) {
      on = std::move(to.idle.back());
      to.idle.pop_back();
    } else {
      on = co_await my.connect(what, until);
    }
    const bool kept_before = on->kept;
    bool began = false;
    std::optional<call_failed> failure;
    try {
      auto got = co_await my.exchange(*on, what, until, began);
      if (on->kept) {
        on->since = my.time.now();
        to.idle.push_back(std::move(on));
      }
      co_return got;
    } catch (const call_failed& e) { failure = e; }
    // The server had closed it before it could see this call.
    if (!kept_before || began || !repeatable(what.method)) throw call_failed{*failure};
  }
}

}  // namespace corka::http
