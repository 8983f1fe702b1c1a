// One HTTP request over a plain socket.
#pragma once

#include <cstdint>
#include <string>

namespace corka::test {

struct http_answer {
  int status = 0;  ///< 0: nobody answered
  std::string body;
};

/// `at`: "127.0.0.1:8080". Waits at most ten seconds.
[[nodiscard]] http_answer http_get(const std::string& at, const std::string& target);
/// The same by another method, with a body.
[[nodiscard]] http_answer http_send(const std::string& at, const std::string& method, const std::string& target,
                                    const std::string& body);
/// A port of 127.0.0.1 that nobody listens on.
[[nodiscard]] std::uint16_t free_port();

}  // namespace corka::test
