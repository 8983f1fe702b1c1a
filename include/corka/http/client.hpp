// Asks HTTP servers.
#pragma once

#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka {
class clock;
}

namespace corka::http {

struct client_options {
  // Behaviour
  /// For a connection to be there, the look-up of its name and TLS included. 1 ms and more.
  std::chrono::milliseconds connect{1'000};
  /// For a whole call, from `send` to the answer's last byte. 1 ms and more.
  std::chrono::milliseconds total{5'000};
  /// Bytes of an answer's body; a larger one is a failed call.
  std::size_t body_bytes = 16U << 20U;
  /// File with the certificates (PEM) that servers of https addresses are trusted by; empty: the system's.
  std::string authorities{};

  // Performance
  /// Connections to one address at a time, those between two calls included; further calls wait for one. 1 and more.
  std::size_t connections = 16;
  /// How long a connection is kept for the next call: less than servers keep it (corka's: 60 s).
  std::chrono::milliseconds idle{30'000};
};

/// A request to be sent. Host and Content-Length are added.
struct call {
  std::string method = "GET";
  std::string address;  ///< "host:port", "[v6]:port"; names are looked up; "https://host:port" by TLS
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};
};

/// What came back, whatever its status.
struct reply {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};

  /// The first field of that name, in whatever case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// No answer came: nobody listens, the time is up, what came was no HTTP, or the call cannot be sent as it is. The
/// message names the address and why.
class call_failed : public std::runtime_error {
 public:
  call_failed(const std::string& why, bool sent) : std::runtime_error{why}, sent_{sent} {}
  /// The server may have acted on the request.
  [[nodiscard]] bool sent() const noexcept { return sent_; }

 private:
  bool sent_;
};

/// A client (HTTP/1.1), over plain TCP or TLS 1.2 and newer, that keeps connections for the next call to the same
/// address.
///
/// A kept connection that the server has closed meanwhile is not a failure: calls that may be repeated (GET, HEAD, PUT,
/// DELETE, OPTIONS) are sent again on a new one. Redirects are answers. Life: outlives its calls, and ends before the
/// threads they run on. Strand: one, that of its calls. Cancellation: total and terminal, which closes the call's
/// connection. Errors: call_failed.
class client {
 public:
  explicit client(client_options options = {});
  /// On a clock of the caller's, which outlives it.
  client(clock& time, client_options options);
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client();

  [[nodiscard]] task<reply> send(call what);
  /// Open ones, to all addresses.
  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::http
