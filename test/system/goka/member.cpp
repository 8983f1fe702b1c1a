// The same member with corka.
//
//   member BROKERS STATE_DIR JOURNAL lease|range_kip848
#include <corka/corka.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int journal = ::open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const corka::stream<std::string> left{"left"};
  const corka::stream<std::string> right{"right"};
  corka::group<std::int64_t> takeover{"takeover"};
  const auto count = [journal](corka::context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    // One write for each line, as several threads append.
    const auto line = ctx.topic().str() + ' ' + std::to_string(ctx.partition().value) + ' ' +
                      std::to_string(ctx.offset().value) + '\n';
    if (::write(journal, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
  };
  takeover.input(left, count).input(right, count);
  corka::processor_options options;
  if (std::string_view{argv[4]} == "range_kip848") options.protocol = corka::membership::range_kip848;
  corka::processor member{takeover, options};

  std::string program{argv[0]};
  std::string brokers{"--brokers"};
  std::string where{"--state-dir"};
  std::string http{"--http"};
  std::string off{"off"};
  char* flags[] = {program.data(), brokers.data(), argv[1], where.data(), argv[2], http.data(), off.data(), nullptr};
  return corka::app{7, flags}.run(member);
}
