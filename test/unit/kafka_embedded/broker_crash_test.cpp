// kill -9 of the process that the broker is in.
#include "broker_user.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;

namespace {

kafka::embedded::broker_options in(const temporary_folder& folder) {
  kafka::embedded::broker_options o;
  o.directory = folder / "broker";
  return o;
}

/// Tells a pipe of every acknowledged record: its offset, in order.
struct pipe_sink final : kafka::delivery_sink {
  explicit pipe_sink(int to) : pipe{to} {}
  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    for (const auto& r : reports) {
      const auto at = r.failed ? -1 : r.at.value;
      if (::write(pipe, &at, sizeof at) != static_cast<ssize_t>(sizeof at)) ::_exit(3);
    }
  }
  int pipe;
};

[[noreturn]] void write_until_killed(const temporary_folder& folder, int pipe) {
  async::virtual_execution threads;
  const auto broker = kafka::embedded::broker::open(threads, in(folder));
  const auto cluster = kafka::embedded::make_cluster(broker);
  const auto admin = cluster->make_admin(threads.executor());
  threads.run(admin->create({{topic_name{"clicks"}, 1, -1, {}}}));
  const auto producer = cluster->make_producer({}, threads.executor());
  const auto sink = producer->attach(std::make_shared<pipe_sink>(pipe));
  const auto output = threads.run(producer->topic(topic_name{"clicks"}));
  for (std::uint64_t i = 0;; ++i) {
    const auto value = std::to_string(i) + std::string(i % 300, 'x');
    kafka::outgoing what;
    what.value = value;
    producer->send(*output, what, sink, i);
    if (i % 100 == 99) threads.advance(std::chrono::milliseconds{10});
  }
}

}  // namespace

TEST_CASE("broker on disk: after kill -9 every acknowledged record is there, time and again") {
  const temporary_folder folder;
  std::int64_t acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(folder, ends[1]);
    }
    ::close(ends[1]);
    const int wanted = 500 + round * 777;
    bool killed = false;
    std::int64_t at = 0;
    for (int got = 0; ::read(ends[0], &at, sizeof at) == static_cast<ssize_t>(sizeof at); ++got) {
      CHECK(at == acknowledged);
      ++acknowledged;
      if (got == wanted) killed = ::kill(child, SIGKILL) == 0;
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(killed);
    CHECK(WIFSIGNALED(status));

    broker_user u{in(folder)};
    const auto end = u.range("clicks").high.value;
    CHECK(end >= acknowledged);
    const auto all = u.read("clicks");
    CHECK(all.size() == static_cast<std::size_t>(end));
    CHECK(all.back().substr(0, all.back().find(' ')) == std::to_string(end - 1));
    acknowledged = end;  // what was written and not yet acknowledged may be there, too
  }
}
