#include "http/session.hpp"

#include "http/chunk_writer.hpp"

#include <corka/http/problem.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace corka::http {

namespace asio = boost::asio;

namespace {

// What is read of a client that goes on sending after its last answer.
constexpr std::size_t linger_bytes = 4 * 1024 * 1024;
// Head and body that fit go together: TLS sends that much at a time, and copying it costs less than a second piece.
constexpr std::size_t one_piece_bytes = 16 * 1024;

bool is_safe(std::string_view method) noexcept { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

}  // namespace

session::session(tcp::socket socket, session_host& host)
    : stream_{std::move(socket)}, host_{host}, reader_{host.bounds} {
  boost::system::error_code gone;
  local_ = stream_.socket().local_endpoint(gone).address();
  stream_.socket().set_option(tcp::no_delay{true}, gone);
  rest();  // while TLS begins, too
}

void session::rest() {
  idle_ = true;
  resting_place::unlink();
  host_.resting.all.push_back(*this);
}

void session::wake() {
  idle_ = false;
  resting_place::unlink();
}

void session::expired() {
  late_ = true;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
}

void session::drain() {
  boost::system::error_code ignored;
  // It does not make room for two.
  resting_place::unlink();
  if (idle_) stream_.socket().cancel(ignored);
  if (streaming_) streaming_->cancel();
}

task<> session::run() {
  try {
    const bool spoken = co_await secure();
    if (spoken) co_await serve();
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) host_.log.warn(fmt::format("a connection ended: {}", e.what()));
  } catch (const std::exception& e) { host_.log.error(fmt::format("a connection ended: {}", e.what())); }
  boost::system::error_code ignored;
  stream_.socket().close(ignored);
}

task<bool> session::secure() {
  if (host_.tls == nullptr) co_return true;
  allow(host_.bounds.header);
  const auto failed = co_await stream_.secure(*host_.tls, byte_stream::end::server);
  deadline = deadline_board::never;
  if (failed && host_.log.enabled(log_level::debug)) host_.log.debug(fmt::format("no TLS: {}", failed.message()));
  co_return !failed && !late_;
}

task<> session::serve() {
  while (true) {
    const auto head = co_await read_header();
    auto then = after::close;
    if (head == request_reader::status::header) {
      then = co_await answer();
    } else if (head == request_reader::status::refused) {
      then = co_await refuse();
    } else if (late_ && reader_.begun()) {
      late_ = false;
      auto slow = problem{408, "request-timeout", "the request's header took too long to arrive"}.answer();
      then = co_await write(std::move(slow), false);
    }
    if (then == after::close) co_return;
    reader_.next();
  }
}

task<bool> session::receive() {
  const auto room = reader_.space();
  const auto [ec, bytes] = co_await stream_.async_read_some(asio::mutable_buffer{room.data(), room.size()},
                                                            asio::as_tuple(asio::use_awaitable));
  if (ec || late_) co_return false;
  reader_.filled(bytes);
  co_return true;
}

task<request_reader::status> session::read_header() {
  using status = request_reader::status;
  if (reader_.begun()) wake();
  else rest();
  // A new connection is expected to want something.
  allow(idle_ && answered_ ? host_.bounds.idle : host_.bounds.header);
  while (true) {
    const auto now = reader_.step();
    if (now != status::need_more) {
      wake();
      deadline = deadline_board::never;
      co_return now;
    }
    if (idle_ && host_.draining) co_return now;
    const bool more = co_await receive();
    if (!more) co_return now;
    if (idle_) {
      wake();
      allow(host_.bounds.header);
    }
  }
}

task<request_reader::status> session::read_body() {
  using status = request_reader::status;
  allow(host_.bounds.body);
  while (true) {
    const auto now = reader_.step();
    if (now != status::need_more) {
      deadline = deadline_board::never;
      co_return now;
    }
    const bool more = co_await receive();
    if (!more) co_return now;
  }
}

// Before the body is read: the handler that is to run, or the answer that makes it unnecessary.
std::variant<const handler*, response> session::admit(const std::optional<target>& asked) {
  if (!asked) return problem{400, "malformed-target", "the request target is neither a path nor a URL"}.answer();
  const auto method = reader_.method();
  const auto host = asked->authority.empty() ? find_field(reader_.fields(), "Host") : std::optional{asked->authority};
  // Clients say the same one each time.
  if (host && *host != known_host_ && !host_.guard.allows(*host, local_)) {
    return problem{421, "host-unknown",
                   fmt::format("this server is not known as '{}': if it should be, add the name to the HTTP hosts it "
                               "answers to",
                               *host)}
        .answer();
  }
  if (host && *host != known_host_) known_host_ = *host;
  if (!is_safe(method) && is_cross_site(reader_.fields(), host.value_or(std::string_view{}))) {
    return problem{403, "cross-site", "requests that change something are not taken from other sites' pages"}.answer();
  }
  if (host_.admit) {
    const request bare{method, asked->path, asked->query, {}, {}, reader_.fields(), {}};
    if (auto refused = host_.admit(bare)) return std::move(*refused);
  }
  if (asked->path == "*" && method == "OPTIONS") return response{204};

  const auto match = host_.routes.find(method, asked->path, scratch_);
  query_.clear();
  if (match.result == router::outcome::malformed || !decode_query(asked->query, query_)) {
    return problem{400, "malformed-target", "the path or the query is not properly percent-encoded"}.answer();
  }
  if (match.result == router::outcome::no_path) {
    return problem{404, "path-unknown", "there is nothing at this path; GET / shows what there is"}.answer();
  }
  if (match.result == router::outcome::no_method) {
    if (method == "OPTIONS") return std::move(response{204}.set("Allow", match.allow));
    return problem{405, "method-unknown", fmt::format("{} is not possible here, only {}", method, match.allow)}
        .header("Allow", std::string{match.allow})
        .answer();
  }
  const auto expected = find_field(reader_.fields(), "Expect");
  if (expected && !equal_ignoring_case(*expected, "100-continue")) {
    return problem{417, "expectation-unknown", "the only expectation known here is '100-continue'"}.answer();
  }
  return match.run;
}

task<session::after> session::answer() {
  const auto asked = parse_target(reader_.target());
  auto decided = admit(asked);
  if (auto* r = std::get_if<response>(&decided)) {
    const auto then = co_await write(std::move(*r), reader_.complete());
    co_return then;
  }
  if (!reader_.complete()) {
    if (!reader_.http_1_0() && find_field(reader_.fields(), "Expect")) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::const_buffer{go_on.data(), go_on.size()}, asio::use_awaitable);
    }
    const auto body = co_await read_body();
    if (body == request_reader::status::refused) {
      const auto then = co_await refuse();
      co_return then;
    }
    if (body != request_reader::status::complete) {
      if (!late_) co_return after::close;
      late_ = false;
      auto slow = problem{408, "request-timeout", "the request's body took too long to arrive"}.answer();
      const auto then = co_await write(std::move(slow), false);
      co_return then;
    }
  }
  const request r{reader_.method(), asked->path,      asked->query,  scratch_.parameters,
                  query_,           reader_.fields(), reader_.body()};
  if (host_.admit_whole) {
    if (auto refused = host_.admit_whole(r)) {
      const auto then = co_await write(std::move(*refused), true);
      co_return then;
    }
  }
  auto given = co_await handle(*std::get<const handler*>(decided), r);
  const auto then = co_await write(std::move(given), true);
  co_return then;
}

task<response> session::handle(const handler& run, request r) {
  std::string failure;
  try {
    auto given = co_await run(r);
    co_return given;
  } catch (const boost::system::system_error& e) {
    // At the end of the server the handler was cancelled, which is no failure of it.
    if (host_.draining && e.code() == asio::error::operation_aborted) throw;
    failure = e.what();
  } catch (const std::exception& e) { failure = e.what(); }
  host_.log.error(fmt::format("{} {}: {}", r.method, r.path, failure));
  co_return problem{500, "internal", "the request could not be answered: the program's log says why"}.answer();
}

task<session::after> session::refuse() {
  const auto& why = reader_.why();
  auto r = problem{why.status, why.type, why.detail}.answer();
  const auto then = co_await write(std::move(r), false);
  co_return then;
}

task<session::after> session::write(response r, bool keep_alive) {
  keep_alive = keep_alive && reader_.keep_alive() && !host_.draining && !r.streamed();
  if (host_.log.enabled(log_level::debug)) {
    host_.log.debug(fmt::format("{} {} {}", reader_.method(), reader_.target(), r.status()));
  }
  write_head(head_, r, {host_.date.at(host_.time.wall_ms()), reader_.http_1_0(), keep_alive});
  auto body = reader_.method() == "HEAD" || !may_have_body(r.status()) ? std::string_view{} : r.body();
  if (body.size() <= one_piece_bytes) head_.append(std::exchange(body, {}));
  const std::array<asio::const_buffer, 2> parts{asio::const_buffer{head_.data(), head_.size()},
                                                asio::const_buffer{body.data(), body.size()}};
  allow(host_.bounds.write);
  const auto [ec, bytes] = co_await asio::async_write(stream_, parts, asio::as_tuple(asio::use_awaitable));
  deadline = deadline_board::never;
  answered_ = true;
  if (ec || late_) co_return after::close;
  if (r.streamed() && reader_.method() != "HEAD") co_await write_stream(r);
  if (late_ || gone_) co_return after::close;
  if (keep_alive) co_return after::go_on;
  co_await linger();
  co_return after::close;
}

task<> session::write_stream(const response& r) {
  chunk_writer to{stream_, !reader_.http_1_0(), [this](bool writing) {
                    if (writing) allow(host_.bounds.write);
                    else deadline = deadline_board::never;
                  }};
  // A stop that came while the head was written finds no stream to end.
  if (!host_.draining) {
    streaming_.emplace(stream_.get_executor());
    streaming_->spawn(watch_client());
    streaming_->spawn(produce(r.streamed(), to));
    co_await streaming_->join();
    streaming_.reset();
  }
  if (late_ || gone_) co_return;
  // A piece that was cut off by the cancellation leaves nothing that an end would fit to.
  const bool finished = co_await to.finish();
  gone_ = !finished;
}

task<> session::produce(const body_stream& from, body_writer& to) {
  try {
    co_await from(to);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) host_.log.error(fmt::format("a stream ended: {}", e.what()));
  } catch (const std::exception& e) { host_.log.error(fmt::format("a stream ended: {}", e.what())); }
  if (streaming_) streaming_->cancel();
}

task<> session::watch_client() {
  // Something to read is a request that came too early: it is not answered, as this connection ends.
  if (stream_.secured()) {
    // Not so what TLS says for itself, such as that nothing more comes.
    std::array<char, 1> early;
    const auto [ec, bytes] = co_await stream_.async_read_some(asio::buffer(early), asio::as_tuple(asio::use_awaitable));
    if (!ec || ec == asio::error::operation_aborted) co_return;
  } else {
    auto& socket = stream_.socket();
    const auto [ec] = co_await socket.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
    boost::system::error_code gone;
    if (ec || (socket.available(gone) > 0 && !gone)) co_return;
  }
  gone_ = true;
  if (streaming_) streaming_->cancel();
}

task<> session::linger() {
  allow(host_.bounds.linger);
  auto& socket = stream_.socket();
  if (stream_.secured()) (void)co_await stream_.finish();
  boost::system::error_code gone;
  socket.shutdown(tcp::socket::shutdown_send, gone);
  if (gone) co_return;
  std::array<char, 4096> unread;
  std::size_t left = linger_bytes;
  while (!late_) {
    const auto [ec, bytes] = co_await socket.async_read_some(asio::mutable_buffer{unread.data(), unread.size()},
                                                             asio::as_tuple(asio::use_awaitable));
    if (ec || bytes > left) co_return;
    left -= bytes;
  }
}

}  // namespace corka::http
