// One member of the group "members" for membership_test: counts what it reads of two inputs, and says so in a file.
//
//   member BROKERS lease|lease_kip848|range|standby STATE_DIR JOURNAL      (standby: lease, with copies everywhere)
//
// The journal has a line per event, written at once, so that SIGKILL loses none: "TIME TOPIC PARTITION OFFSET SENT" for
// a record (microseconds of the steady clock, which all processes share; SENT: milliseconds, the record's own).
#include <corka/corka.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

class journal {
 public:
  explicit journal(const char* file) : fd_{::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)} {}
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;
  ~journal() { ::close(fd_); }

  // Lines of several threads stay whole: one write each, to a file opened for appending.
  void write(const std::string& what) const {
    using std::chrono::steady_clock;
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch());
    const auto line = std::to_string(now.count()) + ' ' + what + '\n';
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
  }

 private:
  int fd_;
};

corka::membership protocol_of(std::string_view name) {
  if (name == "lease_kip848") return corka::membership::lease_kip848;
  return name == "range" ? corka::membership::range : corka::membership::lease;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const journal told{argv[4]};
  const corka::stream<std::string> left{"left"};
  const corka::stream<std::string> right{"right"};
  corka::group<std::int64_t> members{"members"};
  const auto count = [&told](corka::context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    const auto sent = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.timestamp().time_since_epoch()).count();
    told.write(ctx.topic().str() + ' ' + std::to_string(ctx.partition().value) + ' ' +
               std::to_string(ctx.offset().value) + ' ' + std::to_string(sent));
  };
  members.input(left, count).input(right, count);
  corka::processor_options options;
  options.protocol = protocol_of(argv[2]);
  if (std::string_view{argv[2]} == "standby") options.standby_replicas = 100;
  corka::processor member{members, options};

  std::string program{argv[0]};
  std::string brokers{"--brokers"};
  std::string where{"--state-dir"};
  std::string http{"--http"};
  std::string off{"off"};
  char* flags[] = {program.data(), brokers.data(), argv[1], where.data(), argv[3], http.data(), off.data(), nullptr};
  return corka::app{7, flags}.run(member);
}
