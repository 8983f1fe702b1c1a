// Kills at every kind of moment of a program that does everything: what is dropped with a process touches nothing.
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/frame.hpp"
#include "tester/lab.hpp"
#include "tester/topic_board.hpp"
#include "tester/unfinished.hpp"

#include <corka/emitter.hpp>
#include <corka/group.hpp>
#include <corka/processor.hpp>
#include <corka/view.hpp>

#include <doctest/doctest.h>

#include <string>

namespace corka::tester_parts {

namespace {

using namespace std::chrono_literals;

const stream<std::string> inputs{"inputs"};
const stream<std::string> outputs{"outputs"};
const table<std::string> joined{"joined"};
const table<std::string> looked_up{"looked-up"};

task<> on_input(context<std::int64_t>& ctx, std::string value) {
  ctx.set(ctx.value().value_or(0) + 1);
  ctx.loop("looped " + std::string{ctx.key()}, std::int64_t{1});
  const auto text = ctx.join(joined).value_or("-") + ctx.lookup(looked_up, "key").value_or("-") + value;
  const auto sent = ctx.emit(outputs, ctx.key(), text);
  co_await sent.acked();
}

group<std::int64_t> everything() {
  group<std::int64_t> g{"everything"};
  g.input(inputs, on_input, {.concurrency = 4})
      .loop<std::int64_t>([](context<std::int64_t>& ctx, std::int64_t n) { ctx.set(ctx.value().value_or(0) + n); })
      .join(joined)
      .lookup(looked_up)
      .output(outputs);
  failure_policies twice;
  twice.callback.attempts = 2;
  g.on_failure(twice);
  return g;
}

program all_of_it() {
  const auto g = everything();
  return {[g]() -> std::shared_ptr<service> {
            return std::make_shared<processor>(g, processor_options{.standby_replicas = 1, .commit_interval = 20ms});
          },
          [g]() -> std::shared_ptr<service> { return std::make_shared<view<std::int64_t>>(g.table()); },
          []() -> std::shared_ptr<service> {
            auto e = std::make_shared<emitter<std::string>>(inputs);
            return e;
          }};
}

}  // namespace

TEST_CASE("kill: whatever was under way, the others and the next life finish it") {
  for (const auto kept : {copies::memory, copies::lmdb}) {
    for (int after = 0; after < 900; after += kept == copies::lmdb ? 149 : 23) {
      lab in{{.kept = kept}};
      topic_board board{in, 2};
      board.need_topics(everything().declared());
      board.append(joined.topic(), partitioner::fnv1a, "anna", "Anna", {});
      board.append(looked_up.topic(), partitioner::fnv1a, "key", "row", {});
      auto& a = in.at("a");
      auto& b = in.at("b");
      a.runs = b.runs = all_of_it();
      in.start(a);
      in.start(b);
      for (int i = 0; i < after; ++i) {
        if (i % 50 == 0) board.append(inputs.topic(), partitioner::fnv1a, i % 100 == 0 ? "anna" : "bert", "x", {});
        if (!in.step()) in.leap(in.time().now() + 1ms);
      }
      in.kill(after % 2 == 0 ? a : b);
      for (int i = 0; i < 40; ++i) {
        if (!in.step()) in.leap(in.time().now() + 1ms);
      }
      in.start(after % 2 == 0 ? a : b);
      board.append(inputs.topic(), partitioner::fnv1a, "anna", "last", {});
      REQUIRE_MESSAGE(in.until([&] { return unfinished(in).empty(); }, 2min), in.told().text());
      const auto& rows = board.rows(everything().table().topic());
      CHECK(std::stoi(rows.at("anna")) >= (after + 99) / 100 + 1);
      CHECK(std::stoi(rows.at("looped anna")) >= (after + 99) / 100 + 1);
      for (const auto& [name, i] : in.instances()) {
        for (const auto& s : i->now->services()) CHECK_MESSAGE(!s->failure, s->why);
      }
    }
  }
}

TEST_CASE("kill: a lab may end with everything under way") {
  for (int after = 0; after < 600; after += 31) {
    lab in;
    topic_board board{in, 2};
    board.need_topics(everything().declared());
    for (int i = 0; i < 20; ++i) board.append(inputs.topic(), partitioner::fnv1a, std::to_string(i), "x", {});
    in.at("a").runs = all_of_it();
    in.start(in.at("a"));
    for (int i = 0; i < after; ++i) {
      if (!in.step()) in.leap(in.time().now() + 1ms);
    }
    CHECK(in.at("a").now);
  }
}

}  // namespace corka::tester_parts
