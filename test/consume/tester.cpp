// A user's test, with no test framework at all.
#include <corka/corka.hpp>
#include <corka/tester.hpp>

#include <cstdint>
#include <iostream>
#include <string>

namespace {

const corka::stream<std::string> words{"words"};

corka::group<std::int64_t> lengths() {
  corka::group<std::int64_t> g{"lengths"};
  g.input(words, [](corka::context<std::int64_t>& ctx, const std::string& word) {
    ctx.set(static_cast<std::int64_t>(word.size()));
  });
  return g;
}

}  // namespace

int main() {
  corka::tester t;
  t.add(lengths());
  t.emit(words, "a", "four");
  t.settle();
  std::cout << t.table(lengths())["a"] << "\n";
  return t.table(lengths())["a"] == 4 ? 0 : 1;
}
