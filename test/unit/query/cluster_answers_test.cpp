#include "query/cluster_answers.hpp"

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "async/virtual_execution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;
using query::cluster_answers;

namespace {

/// Collections take two seconds, and are numbered.
struct fixture {
  async::virtual_execution threads;
  cluster_answers answers{threads.worker(0), threads.time()};
  int collected = 0;
  bool broken = false;
  ~fixture() { threads.run(answers.stop()); }

  static task<http::response> collect(fixture& f) {
    const int number = ++f.collected;
    co_await async::sleep_for(f.threads.time(), 2s);
    if (f.broken) throw std::invalid_argument{"away"};
    http::response r;
    r.content("text/plain", std::to_string(number));
    co_return r;
  }
  static task<> ask(fixture& f, std::string what, std::vector<std::string>& into) {
    try {
      const auto got = co_await f.answers.get(std::move(what), [&f] { return collect(f); });
      into.push_back(got.status() == 200 ? std::string{got.body()} : std::to_string(got.status()));
    } catch (const std::invalid_argument& e) { into.emplace_back(e.what()); }
  }
  static task<> ask_all(fixture& f, std::vector<std::string> what, std::vector<std::string>& into) {
    async::task_group all{f.threads.worker(0)};
    for (auto& w : what) all.spawn(ask(f, std::move(w), into));
    co_await all.join();
  }
  std::vector<std::string> get(std::vector<std::string> what) {
    std::vector<std::string> all;
    threads.run(ask_all(*this, std::move(what), all));
    return all;
  }
  void pass(corka::clock::duration d) { threads.run(async::sleep_for(threads.time(), d)); }
};

}  // namespace

TEST_CASE("cluster answers: who asks for the same within a second gets the same, collected once") {
  fixture f;
  CHECK(f.get({"a", "a", "b", "a"}) == std::vector<std::string>{"1", "1", "1", "2"});
  f.pass(999ms);
  CHECK(f.get({"a"}) == std::vector<std::string>{"1"});
  f.pass(1ms);
  CHECK(f.get({"a", "a"}) == std::vector<std::string>{"3", "3"});
  CHECK(f.collected == 3);
}

TEST_CASE("cluster answers: a collection that fails fails for all who wait, and is begun again by the next") {
  fixture f;
  f.broken = true;
  CHECK(f.get({"a", "a"}) == std::vector<std::string>{"away", "away"});
  CHECK(f.collected == 1);
  f.broken = false;
  f.pass(1s);
  CHECK(f.get({"a"}) == std::vector<std::string>{"2"});
}

TEST_CASE("cluster answers: who has gone leaves the collection to the others") {
  fixture f;
  std::vector<std::string> gone;
  std::vector<std::string> kept;
  const auto both = [](fixture& of, std::vector<std::string>& first, std::vector<std::string>& second) -> task<> {
    async::task_group leaving{of.threads.worker(0)};
    leaving.spawn(fixture::ask(of, "a", first));
    async::task_group staying{of.threads.worker(0)};
    staying.spawn(fixture::ask(of, "a", second));
    leaving.cancel();
    co_await leaving.join();
    co_await staying.join();
  };
  f.threads.run(both(f, gone, kept));
  CHECK(gone.empty());
  CHECK(kept == std::vector<std::string>{"1"});
  CHECK(f.collected == 1);
}

TEST_CASE("cluster answers: what clients make up is not collected without bound") {
  fixture f;
  std::vector<std::string> many;
  for (int i = 0; i < 1'000; ++i) many.push_back("made-up-" + std::to_string(i));
  const auto got = f.get(many);
  CHECK(f.collected == static_cast<int>(cluster_answers::most));
  CHECK(std::ranges::count(got, "503") == static_cast<long>(1'000 - cluster_answers::most));
  f.pass(1s);
  CHECK(f.get({"a"}) == std::vector<std::string>{std::to_string(cluster_answers::most + 1)});
}
