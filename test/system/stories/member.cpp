// One member of the group "sums" for stories_test: adds up the numbers of each key.
//
//   member BROKERS STATE_DIR copies|memory
//
// copies: one other member keeps each partition current, and all are read before the group is joined; memory: local
// copies end with the process. It prints "begun" with its first record, and "added N" when it has been stopped.
#include <corka/corka.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::atomic<std::int64_t> added{0};
  corka::group<std::int64_t> sums{"sums"};
  sums.input(corka::stream<std::int64_t>{"numbers"}, [&added](corka::context<std::int64_t>& ctx, std::int64_t n) {
    ctx.set(ctx.value().value_or(0) + n);
    if (added++ > 0) return;
    std::puts("begun");
    std::fflush(stdout);
  });
  corka::processor_options options;
  const bool copies = std::string_view{argv[3]} == "copies";
  options.standby_replicas = copies ? 1 : 0;
  options.recover_ahead = copies;
  corka::processor member{sums, options};

  std::string program{argv[0]};
  std::string brokers{"--brokers"};
  std::string where{"--state-dir"};
  std::string http{"--http"};
  std::string off{"off"};
  std::string store{"--store"};
  std::string kept{copies ? "lmdb" : "memory"};
  char* flags[] = {program.data(), brokers.data(), argv[1],      where.data(), argv[2],
                   http.data(),    off.data(),     store.data(), kept.data(),  nullptr};
  const int code = corka::app{9, flags}.run(member);
  std::printf("added %lld\n", static_cast<long long>(added));
  return code;
}
