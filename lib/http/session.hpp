// One connection.
#pragma once

#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "http/byte_stream.hpp"
#include "http/deadline_board.hpp"
#include "http/host_guard.hpp"
#include "http/limits.hpp"
#include "http/request_reader.hpp"
#include "http/response_head.hpp"
#include "http/target.hpp"

#include <corka/http/router.hpp>
#include <corka/log.hpp>
#include <corka/task.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace corka::http {

class session;

struct resting_tag;
/// The place of a connection among those that wait for a request.
using resting_place = boost::intrusive::list_base_hook<boost::intrusive::tag<resting_tag>,
                                                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
/// Longest first: who has to make room is found at once however many there are.
struct resting_sessions {
  struct entry : resting_place {};
  boost::intrusive::list<entry, boost::intrusive::base_hook<resting_place>, boost::intrusive::constant_time_size<false>>
      all;
};

/// What the connections of a server share. Life: outlives them.
struct session_host {
  const router& routes;
  const host_guard& guard;
  const limits& bounds;
  clock& time;
  const logger& log;
  deadline_board& deadlines;
  /// Why a request is answered this instead of what it asks for; may be empty.
  const std::function<std::optional<response>(const request&)>& admit;
  /// The same, of a request whose body is there.
  const std::function<std::optional<response>(const request&)>& admit_whole;
  /// Null: connections are plain.
  boost::asio::ssl::context* tls = nullptr;
  http_date date{};
  resting_sessions resting{};
  /// The server ends: every answer is its connection's last.
  bool draining = false;
};

/// Reads requests, has them answered and writes the answers, one after another.
///
/// Life: owned by the coroutine that awaits `run`. Strand: the server's. Cancellation: `run` supports terminal, at
/// every point where a handler does; `drain` ends it when the current request is answered. Errors: none come out of
/// `run`.
class session final : public deadline_board::entry, public resting_sessions::entry {
 public:
  using tcp = boost::asio::ip::tcp;

  session(tcp::socket socket, session_host& host);

  [[nodiscard]] task<> run();
  /// No further request: ends the connection now if it is between two, or in an answer without an end.
  void drain();

 private:
  enum class after { go_on, close };

  void expired() override;

  [[nodiscard]] task<> serve();
  /// TLS, where the server speaks it; false: the client does not.
  [[nodiscard]] task<bool> secure();
  [[nodiscard]] task<request_reader::status> read_header();
  [[nodiscard]] task<request_reader::status> read_body();
  /// Bytes into the reader; false: there will be none.
  [[nodiscard]] task<bool> receive();
  [[nodiscard]] std::variant<const handler*, response> admit(const std::optional<target>& asked);
  [[nodiscard]] task<after> answer();
  [[nodiscard]] task<response> handle(const handler& run, request r);
  [[nodiscard]] task<after> write(response r, bool keep_alive);
  /// The body that `r` streams, after its head.
  [[nodiscard]] task<> write_stream(const response& r);
  [[nodiscard]] task<> produce(const body_stream& from, body_writer& to);
  /// Ends the stream when the client hangs up.
  [[nodiscard]] task<> watch_client();
  [[nodiscard]] task<after> refuse();
  /// Lets the client read the last answer, which a closed socket with unread bytes would take from it.
  [[nodiscard]] task<> linger();
  void allow(clock::duration d) { deadline = host_.time.now() + d; }
  /// Between two requests, or before the first.
  void rest();
  void wake();

  byte_stream stream_;
  session_host& host_;
  boost::asio::ip::address local_;
  request_reader reader_;
  router::scratch scratch_;
  std::vector<parameter> query_;
  std::string head_;
  std::string known_host_;  // it was allowed
  bool idle_ = false;
  bool late_ = false;  // a deadline has passed
  bool gone_ = false;  // the client hung up within an answer
  std::optional<async::task_group> streaming_;
  bool answered_ = false;
};

}  // namespace corka::http
