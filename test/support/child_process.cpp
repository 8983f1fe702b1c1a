#include "support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

// glibc 2.36 declares it without saying that it is C.
extern "C" {
#include <sys/pidfd.h>
}

namespace corka::test {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error{errno, std::generic_category(), what}; }

/// No signal is handled in this thread for as long as this lives.
class signals_blocked {
 public:
  signals_blocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

/// Only what is safe between fork and exec. The test's own handlers (doctest's) are not: a signal that came before exec
/// would find locks held by threads that are not here.
[[noreturn]] void become(char* const* command, char* const* environment, int output, pid_t parent,
                         const sigset_t& signals) {
  for (const int handled : {SIGTERM, SIGINT, SIGABRT, SIGSEGV, SIGFPE, SIGILL}) ::signal(handled, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &signals, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvpe(command[0], command, environment);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& of) {
  std::vector<char*> all;
  for (auto& text : of) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text{*entry};
    if (!more.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

child_process::child_process(std::vector<std::string> command, std::filesystem::path output,
                             std::map<std::string, std::string> environment)
    : output_{std::move(output)} {
  auto variables = environment_with(environment);
  const auto arguments = pointers(command);
  const auto names = pointers(variables);
  const int out = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (out < 0) fail(output_.string());
  const auto parent = ::getpid();
  {
    const signals_blocked meanwhile;
    pid_ = ::fork();
    if (pid_ == 0) become(arguments.data(), names.data(), out, parent, meanwhile.before());
  }
  ::close(out);
  if (pid_ < 0) fail(command.front());
  pid_fd_ = ::pidfd_open(pid_, 0);
  if (pid_fd_ < 0) fail("pidfd_open");
}

child_process::~child_process() {
  kill();
  ::close(pid_fd_);
}

bool child_process::running() { return !wait(std::chrono::milliseconds{0}).has_value(); }

void child_process::send(int signal) {
  if (!ended_) ::kill(pid_, signal);
}

std::optional<int> child_process::wait(std::chrono::milliseconds patience) {
  if (ended_) return ended_;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{pid_fd_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, std::max(0, static_cast<int>(left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    break;
  }
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) fail("waitpid");
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

std::optional<int> child_process::stop(std::chrono::milliseconds patience) {
  send(SIGTERM);
  const auto code = wait(patience);
  if (!code) kill();
  return code;
}

void child_process::kill() {
  send(SIGKILL);
  // Nobody outlives SIGKILL; a process in the middle of a disk write takes a moment.
  while (!wait(std::chrono::seconds{60})) {}
}

std::string child_process::output() const {
  std::ifstream in{output_, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool child_process::printed(std::string_view text) const { return output().find(text) != std::string::npos; }

std::string child_process::last_words(std::size_t bytes) const {
  const auto all = output();
  return all.size() <= bytes ? all : "…" + all.substr(all.size() - bytes);
}

}  // namespace corka::test
