// One member of the group "joiners" for joins_test: joins "profiles" and "titles", which is an input as well, and looks
// up in "words".
//
//   member BROKERS STATE_DIR HTTP
#include <corka/corka.hpp>

#include <string>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const corka::stream<std::string> clicks{"clicks"};
  const corka::stream<std::string> changes{"titles"};
  const corka::table<std::string> titles{"titles"};
  const corka::table<std::string> profiles{"profiles"};
  const corka::table<std::string> words{"words"};
  corka::group<std::string> joiners{"joiners"};
  joiners.input(clicks, [&](corka::context<std::string>& ctx, const std::string& word) {
    ctx.set(ctx.join(titles).value_or("nobody") + " " + ctx.join(profiles).value_or("nobody") + " says " +
            ctx.lookup(words, word).value_or("nothing"));
  });
  joiners.input(changes, [](corka::context<std::string>&, const std::string&) {});
  joiners.join(profiles).join(titles).lookup(words);
  corka::processor member{joiners};

  std::string program{argv[0]};
  std::string brokers{"--brokers"};
  std::string where{"--state-dir"};
  std::string http{"--http"};
  char* flags[] = {program.data(), brokers.data(), argv[1], where.data(), argv[2], http.data(), argv[3], nullptr};
  return corka::app{7, flags}.run(member);
}
