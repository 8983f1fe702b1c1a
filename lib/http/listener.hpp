// The HTTP server.
#pragma once

#include "base/clock.hpp"
#include "http/limits.hpp"
#include "http/tls.hpp"

#include <corka/http/router.hpp>
#include <corka/log.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace corka::http {

struct listener_options {
  // Behaviour
  /// Where to listen, as `parse_address` reads it. Port 0: any that is free.
  std::string address = "127.0.0.1:8080";
  /// Names besides localhost and the bound address that clients may use as Host (host_guard.hpp).
  std::vector<std::string> hosts{};
  /// With it only TLS is spoken.
  std::optional<tls_files> tls{};
  /// Asked before a request is looked at further, its body not read yet: the answer that it gets instead of what it
  /// asks for. Path and query are as sent, and no parameters are there.
  std::function<std::optional<response>(const request&)> admit{};
  /// Asked after `admit`, with the whole request: the answer that it gets instead of the handler's.
  std::function<std::optional<response>(const request&)> admit_whole{};
  /// How long a stop waits for requests that are under way before it cancels them.
  std::chrono::milliseconds drain{5'000};

  // Performance
  limits bounds{};
};

/// Accepts connections and has their requests answered by a router.
///
/// Life: outlives its `run`; the router outlives both. May be run again after it ended. Strand: `ex`, which must be
/// single-threaded; handlers run there. Threads: `stop` any, all others the strand's. Cancellation: by `stop`:
/// idempotent, never waits, legal before, during and after `run`; a `stop` before `run` makes the next `run` return at
/// once. Errors: error{errc::invalid_option} where it cannot listen; a client's faults are answers and lines in the
/// log.
class listener {
 public:
  listener(executor ex, clock& time, const router& routes, listener_options options, logger log);
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener();

  /// Listens from now on; connections wait until `run`. `run` does it if it was not done.
  void open();
  /// The port that was bound. After `open`.
  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:8080/", or https, as a browser on this machine reaches it. After `open`.
  [[nodiscard]] std::string url() const;

  /// Serves until `stop`, then: accepts nothing more, closes connections between requests, waits for the others, and
  /// cancels what is left after `options.drain`.
  [[nodiscard]] task<> run();
  void stop() noexcept;

  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::http
