// How much and how long a client may take.
#pragma once

#include <chrono>
#include <cstddef>

namespace corka::http {

struct limits {
  /// Bytes of a request line, and of all header fields together; more is answered 431.
  std::size_t header_bytes = 16 * 1024;
  /// Bytes of a request target; more is answered 414. Keys travel here, three bytes for one at worst.
  std::size_t target_bytes = 8 * 1024;
  /// Bytes of a request body; more is answered 413.
  std::size_t body_bytes = 1024 * 1024;
  /// Connections at a time, 1 and more; each takes a file descriptor. One more takes the place of the one that has been
  /// idle longest, or is answered 503. Where descriptors run out before, idle ones make room, too.
  std::size_t connections = 512;
  /// A connection without a request.
  std::chrono::milliseconds idle{60'000};
  /// From a request's first byte to the end of its header, however slowly the bytes drip.
  std::chrono::milliseconds header{10'000};
  /// From the end of the header to the end of the body.
  std::chrono::milliseconds body{30'000};
  /// For a client to take one whole answer.
  std::chrono::milliseconds write{30'000};
  /// For a client to hang up after the last answer of a connection.
  std::chrono::milliseconds linger{2'000};
};

}  // namespace corka::http
