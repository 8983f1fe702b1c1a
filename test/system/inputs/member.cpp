// One member of the group "five" for inputs_test: five inputs, merged by timestamp, are counted; a visitor adds.
//
//   member BROKERS STATE_DIR HTTP JOURNAL
//
// The journal has a line for each record: "TOPIC PARTITION OFFSET TIMESTAMP". POST /visit/N adds N to every count of
// this member, and answers with how that ended.
#include <corka/corka.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace {

corka::task<corka::http::response> visit(corka::processor& of, std::int64_t more) {
  const auto result = co_await of.visit("add", more);
  co_return corka::http::response{}.content("text/plain",
                                            std::string{to_string(result.outcome)} + " " + std::to_string(result.rows));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int journal = ::open(argv[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  corka::group<std::int64_t> five{"five",
                                  {.order = corka::input_order::by_timestamp, .idle_wait = std::chrono::seconds{3}}};
  const auto count = [journal](corka::context<std::int64_t>& ctx, const std::string&) {
    ctx.set(ctx.value().value_or(0) + 1);
    // One write for each line, as several threads append.
    const auto line = ctx.topic().str() + ' ' + std::to_string(ctx.partition().value) + ' ' +
                      std::to_string(ctx.offset().value) + ' ' +
                      std::to_string(ctx.timestamp().time_since_epoch().count()) + '\n';
    if (::write(journal, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
  };
  for (const auto* name : {"in-0", "in-1", "in-2", "in-3", "in-4"}) five.input(corka::stream<std::string>{name}, count);
  five.visitor<std::int64_t>(
      "add", [](corka::context<std::int64_t>& ctx, std::int64_t more) { ctx.set(ctx.value().value_or(0) + more); });
  corka::processor member{five};

  std::string program{argv[0]};
  std::string brokers{"--brokers"};
  std::string where{"--state-dir"};
  std::string http{"--http"};
  char* flags[] = {program.data(), brokers.data(), argv[1], where.data(), argv[2], http.data(), argv[3], nullptr};
  corka::app app{7, flags};
  app.route("POST", "/visit/{more}",
            [&member](corka::http::request r) { return visit(member, std::stoll(r.at("more"))); });
  return app.run(member);
}
