// Asks a server for keys over some connections, as fast as it answers or at a rate, and tells how long answers took.
//
// One request at a time on each connection. With a rate the time is from when a request is due, so that waiting for a
// free connection counts. The first half second is not counted; SIGTERM ends it early. One thread; plain sockets, so
// that it costs little beside what it measures.
#include "support/arguments.hpp"
#include "support/workload.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;

volatile std::sig_atomic_t told_to_end = 0;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct connection {
  int fd = -1;
  bool busy = false;
  steady::time_point due;
  std::string received;
};

class load {
 public:
  explicit load(const bench::arguments& args)
      : path_{args.text("--path")},
        keys_{args.number("--keys")},
        rate_{args.number("--rate")},
        all_(args.number("--connections")) {
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(args.number("--port")));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      auto& c = all_[i];
      c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
      const int on = 1;
      ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(c.fd, i);
      free_.push_back(i);
    }
  }

  void run(std::chrono::milliseconds warm_up, std::chrono::milliseconds counted) {
    const auto began = steady::now();
    counts_from_ = began + warm_up;
    const auto end = counts_from_ + counted;
    if (rate_ > 0) start_ticks();
    else
      for (std::size_t i = 0; i < all_.size(); ++i) ask(i, began);
    std::array<epoll_event, 64> events{};
    while (steady::now() < end && told_to_end == 0) {
      const int n = ::epoll_wait(poll_, events.data(), events.size(), 100);
      for (int e = 0; e < n; ++e) {
        const auto& at = events[static_cast<std::size_t>(e)];
        if (at.data.u64 == ticks) tick();
        else answer(at.data.u64);
      }
    }
    seconds_ = std::chrono::duration<double>(std::min(steady::now(), end) - counts_from_).count();
  }

  void print() {
    std::ranges::sort(took_);
    const auto at = [this](double part) {
      return took_.empty()
                 ? 0.0
                 : static_cast<double>(took_[static_cast<std::size_t>(static_cast<double>(took_.size() - 1) * part)]) /
                       1e3;
    };
    std::printf(
        "{\"requests\": %zu, \"seconds\": %.3f, \"others\": %llu, \"body_bytes\": %.2f, \"p50_us\": %.1f, \"p99_us\": "
        "%.1f, \"max_us\": %.1f}\n",
        took_.size(), seconds_, static_cast<unsigned long long>(others_),
        took_.empty() ? 0.0 : static_cast<double>(body_bytes_) / static_cast<double>(took_.size()), at(0.5), at(0.99),
        at(1));
  }

 private:
  static constexpr std::uint64_t ticks = ~std::uint64_t{0};

  void watch(int fd, std::uint64_t as) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u64 = as;
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &e) != 0) fail("epoll_ctl");
  }
  void start_ticks() {
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const auto ns = static_cast<long>(1'000'000'000 / rate_);
    const itimerspec each{{0, ns}, {0, ns}};
    if (::timerfd_settime(timer_, 0, &each, nullptr) != 0) fail("timerfd_settime");
    watch(timer_, ticks);
  }
  void tick() {
    std::uint64_t n = 0;
    if (::read(timer_, &n, sizeof n) != sizeof n) return;
    const auto now = steady::now();
    for (; n > 0; --n) {
      // Late ones were due at their own ticks.
      const auto due = now - std::chrono::nanoseconds{(n - 1) * (1'000'000'000 / rate_)};
      if (free_.empty()) waiting_.push_back(due);
      else ask(take_free(), due);
    }
  }
  std::size_t take_free() {
    const auto i = free_.back();
    free_.pop_back();
    return i;
  }

  void ask(std::size_t i, steady::time_point due) {
    request_.assign("GET ").append(path_).append(bench::key_text(bench::scramble(++asked_) % keys_));
    request_.append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n");
    auto& c = all_[i];
    c.due = due;
    if (::send(c.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      fail("send");
  }

  void answer(std::size_t i) {
    auto& c = all_[i];
    std::array<char, 16'384> some;
    const auto n = ::recv(c.fd, some.data(), some.size(), 0);
    if (n <= 0) fail("the server hung up");
    c.received.append(some.data(), static_cast<std::size_t>(n));
    const auto head = c.received.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const auto body = content_length(std::string_view{c.received}.substr(0, head));
    if (c.received.size() < head + 4 + body) return;
    const auto now = steady::now();
    if (now >= counts_from_) {
      took_.push_back(static_cast<std::uint64_t>(std::chrono::nanoseconds{now - c.due}.count()));
      body_bytes_ += body;
      if (!c.received.starts_with("HTTP/1.1 200 ")) ++others_;
    }
    c.received.clear();
    if (rate_ == 0) {
      ask(i, now);
    } else if (!waiting_.empty()) {
      ask(i, waiting_.front());
      waiting_.pop_front();
    } else {
      free_.push_back(i);
    }
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto at = head.find(name);
    std::size_t n = 0;
    if (at != std::string_view::npos) std::from_chars(head.data() + at + name.size(), head.data() + head.size(), n);
    return n;
  }

  std::string path_;
  std::uint64_t keys_;
  std::uint64_t rate_;
  std::vector<connection> all_;
  std::vector<std::size_t> free_;
  std::deque<steady::time_point> waiting_;
  int poll_ = -1;
  int timer_ = -1;
  std::string request_;
  std::uint64_t asked_ = 0;
  steady::time_point counts_from_;
  double seconds_ = 0;
  std::vector<std::uint64_t> took_;
  std::uint64_t others_ = 0;  // answers that are no 200
  std::uint64_t body_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments args{argc,
                              argv,
                              {{"--port", "8080"},
                               {"--path", "/"},
                               {"--keys", "100000"},
                               {"--connections", "64"},
                               {"--rate", "0"},
                               {"--milliseconds", "3000"}}};
  std::signal(SIGTERM, [](int) { told_to_end = 1; });
  load l{args};
  l.run(std::chrono::milliseconds{500}, std::chrono::milliseconds{args.number("--milliseconds")});
  l.print();
}
