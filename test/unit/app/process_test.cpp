// What a shell sees of an app: each case runs one in a child process.
#include "app/banner.hpp"
#include "app/stop_signals.hpp"

#include <corka/app.hpp>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace corka {
namespace {

using namespace std::chrono_literals;

struct ended {
  int code = -1;    // of exit
  int signal = 0;   // that ended it
  std::string out;  // standard output and error
};

ended in_child(const std::function<void()>& body) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  std::cout.flush();  // or the child writes doctest's lines once more
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    ::unsetenv("CORKA_BROKERS");
    body();
    ::_exit(99);
  }
  ::close(pipe[1]);
  ended result;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    result.out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

ended parsed(std::vector<std::string> arguments) {
  return in_child([&] {
    arguments.insert(arguments.begin(), "/usr/bin/clicks");
    std::vector<char*> argv;
    for (auto& a : arguments) argv.push_back(a.data());
    app made{static_cast<int>(argv.size()), argv.data(), "Counts clicks."};
    made.parse();
  });
}

TEST_CASE("app: --help goes to standard output and ends with 0") {
  const auto end = parsed({"--help"});
  CHECK(end.code == 0);
  CHECK(end.out.starts_with("Counts clicks.\n\nUsage: clicks [flags]\n"));
}

TEST_CASE("app: an unusable flag ends with 2, one that the program refuses too") {
  const auto end = parsed({"--htp", "off"});
  CHECK(end.code == 2);
  CHECK(end.out == "clicks: --htp: there is no such flag: did you mean --http?\nAll flags: clicks --help\n");

  const auto refused = in_child([] {
    std::string name = "clicks";
    char* argv[] = {name.data()};
    app made{1, argv};
    made.parse();
    made.refuse("--rate", "it is negative: give 0 or more");
  });
  CHECK(refused.code == 2);
  CHECK(refused.out.starts_with("clicks: --rate: it is negative: give 0 or more\n"));
}

TEST_CASE("app: with the embedded broker processors make all topics that are missing, on Kafka their own") {
  std::string name = "clicks";
  std::string flag = "--brokers=kafka:9092";
  char* argv[] = {name.data(), flag.data()};
  ::unsetenv("CORKA_BROKERS");
  CHECK(app{1, argv}.defaults().create_topics == topic_creation::all);
  CHECK(app{2, argv}.defaults().create_topics == topic_creation::own);
}

/// Sends itself `first`, and `second` once the first one was taken.
ended signalled(int first, int second) {
  return in_child([=] {
    const auto stop = [=](int signal) {
      const auto text = std::to_string(signal) + " ";
      (void)!::write(STDOUT_FILENO, text.data(), text.size());
      if (second == 0) ::_exit(7);
      ::kill(::getpid(), second);
    };
    const app_parts::stop_signals watched{stop, 0ms};
    ::kill(::getpid(), first);
    for (;;) ::pause();
  });
}

TEST_CASE("signals: the first SIGINT or SIGTERM asks to stop, once") {
  for (const auto signal : {SIGINT, SIGTERM}) {
    const auto end = signalled(signal, 0);
    CHECK(end.out == std::to_string(signal) + " ");
    CHECK(end.code == 7);
  }
}

TEST_CASE("signals: the second one ends the process as that signal does, whatever the program is doing") {
  CHECK(signalled(SIGINT, SIGINT).signal == SIGINT);    // a shell says 130
  CHECK(signalled(SIGINT, SIGTERM).signal == SIGTERM);  // 143
  CHECK(signalled(SIGTERM, SIGTERM).out == std::to_string(SIGTERM) + " ");
}

TEST_CASE("signals: one that is sent to a program and to its group is one") {
  using wish = app_parts::stop_wishes::wish;
  app_parts::stop_wishes w{250ms};
  const std::chrono::steady_clock::time_point start{1h};
  CHECK(w.heard(start) == wish::stop);
  CHECK(w.heard(start) == wish::nothing_new);
  CHECK(w.heard(start + 249ms) == wish::nothing_new);
  CHECK(w.heard(start + 250ms) == wish::end_at_once);
}

TEST_CASE("app: what is to be run has to be there") {
  const auto end = in_child([] {
    std::string name = "clicks";
    char* argv[] = {name.data()};
    ::_exit(app{1, argv}.run_all({nullptr}));
  });
  CHECK(end.code == 2);
  CHECK(end.out.find("app::run_all: service 1 of 1 is null") != std::string::npos);
}

TEST_CASE("runtime: run on one of its own workers is refused, it would wait for itself") {
  const auto end = in_child([] {
    runtime_options options;
    options.workers = 1;
    options.brokers = "embedded";
    runtime on{options};
    const auto main = [](runtime& rt) -> task<> {
      const auto nothing = []() -> task<> { co_return; };
      rt.run(nothing());
      co_return;
    };
    try {
      on.run(main(on));
    } catch (const error& e) {
      std::cout << e.what() << std::endl;
      ::_exit(e.kind() == errc::invalid_option ? 3 : 4);
    }
  });
  CHECK(end.code == 3);
  CHECK(end.out.find("co_await the task") != std::string::npos);
}

TEST_CASE("banner: says what runs, on what, where the state is and where to look") {
  job one{[](runtime&) -> task<> { co_return; }};
  job two{[](runtime&) -> task<> { co_return; }};
  group<std::int64_t> counting{"clickers"};
  counting.input(stream<std::string>{"clicks"}, [](context<std::int64_t>&, const std::string&) {});
  processor p{counting};
  app_parts::surroundings at{"clicks", "embedded", "/state", "http://127.0.0.1:8080/", {"clickers-table"}};
  CHECK(app_parts::opening(at, {&p, &one, &two}) ==
        "clicks: processor 'clickers', 2 jobs\n"
        "  brokers  embedded\n"
        "  state    /state\n"
        "  look at  http://127.0.0.1:8080/\n"
        "           http://127.0.0.1:8080/api/v1/tables/clickers-table/keys/KEY\n"
        "  stop     Ctrl-C\n");
  at.url.clear();
  CHECK(app_parts::opening(at, {&p}).find("--http is off") != std::string::npos);
}

TEST_CASE("banner: the last line says how it ended and after how long") {
  CHECK(app_parts::closing("clicks", true, 0, 1'250ms) == "clicks: stopped in order after 1.2 s\n");
  CHECK(app_parts::closing("clicks", false, 0, 133s) == "clicks: done after 2 min 13 s\n");
  CHECK(app_parts::closing("clicks", true, 2, 3h + 62s) == "clicks: 2 services failed after 3 h 1 min\n");
}

}  // namespace
}  // namespace corka
