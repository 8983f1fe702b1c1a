// One member of the group "chaos" for chaos_test: follows a sequence of numbers for each key.
//
//   member BROKERS STATE_DIR
//
// A key's records are 1, 2, 3, …; what was not committed comes again. The state of a key is "LAST SEEN GAPS": the
// highest number that came, how many came, and how often one came that was more than one above the highest, as then
// records, or states, had been lost. Each record goes to "followed" as well.
#include <corka/corka.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const corka::stream<std::int64_t> numbers{"numbers"};
  const corka::stream<std::int64_t> followed{"followed"};
  corka::group<std::string> chaos{"chaos"};
  chaos.input(numbers, [&](corka::context<std::string>& ctx, std::int64_t number) {
    std::int64_t last = 0;
    std::int64_t seen = 0;
    std::int64_t gaps = 0;
    std::istringstream{ctx.value().value_or("0 0 0")} >> last >> seen >> gaps;
    if (number > last + 1) ++gaps;
    std::ostringstream now;
    now << std::max(last, number) << ' ' << seen + 1 << ' ' << gaps;
    ctx.set(now.str());
    ctx.emit(followed, ctx.key(), number);
  });
  chaos.output(followed);
  corka::processor member{chaos};

  std::string program{argv[0]};
  std::string brokers{"--brokers"};
  std::string where{"--state-dir"};
  std::string http{"--http"};
  std::string off{"off"};
  char* flags[] = {program.data(), brokers.data(), argv[1], where.data(), argv[2], http.data(), off.data(), nullptr};
  return corka::app{7, flags}.run(member);
}
