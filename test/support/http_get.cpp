#include "support/http_get.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace corka::test {

namespace {

class socket_handle {
 public:
  socket_handle() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  socket_handle(const socket_handle&) = delete;
  socket_handle& operator=(const socket_handle&) = delete;
  ~socket_handle() { ::close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

}  // namespace

http_answer http_get(const std::string& at, const std::string& target) { return http_send(at, "GET", target, {}); }

http_answer http_send(const std::string& at, const std::string& method, const std::string& target,
                      const std::string& body) {
  const socket_handle s;
  const timeval patience{10, 0};
  ::setsockopt(s.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto to = loopback(static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1))));
  if (::connect(s.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return {};
  auto request = method + " " + target + " HTTP/1.1\r\nHost: " + at + "\r\nConnection: close\r\n";
  if (method != "GET") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n" + body;
  if (::send(s.fd(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return {};
  std::string all;
  std::array<char, 16'384> some{};
  while (true) {
    const auto n = ::recv(s.fd(), some.data(), some.size(), 0);
    if (n <= 0) break;
    all.append(some.data(), static_cast<std::size_t>(n));
  }
  // "HTTP/1.1 200 OK"
  http_answer answer;
  if (all.size() < 12 || !all.starts_with("HTTP/1.1 ")) return answer;
  std::from_chars(all.data() + 9, all.data() + 12, answer.status);
  const auto end = all.find("\r\n\r\n");
  if (end != std::string::npos) answer.body = all.substr(end + 4);
  return answer;
}

std::uint16_t free_port() {
  const socket_handle s;
  auto any = loopback(0);
  socklen_t size = sizeof any;
  if (::bind(s.fd(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
      ::getsockname(s.fd(), reinterpret_cast<sockaddr*>(&any), &size) != 0) {
    throw std::runtime_error{"no free port on 127.0.0.1"};
  }
  return ntohs(any.sin_port);
}

}  // namespace corka::test
