#include "graph/middleware_chain.hpp"

#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace corka {

namespace {

const stream<std::string> words{"words"};

/// Destroyed how often, and at an address as aligned as it wants.
struct alignas(64) large {
  std::vector<std::string>* told;
  std::unique_ptr<std::string> name;
  std::array<char, 300> bulk{};

  void operator()(outcome&) const {
    told->push_back(*name + (reinterpret_cast<std::uintptr_t>(this) % 64 == 0 ? " aligned" : " crooked"));
  }
};

class bare_context final : public detail::record_context {
 public:
  bare_context() { record = &nothing; }
  corka::record nothing;
  std::optional<std::string_view> row() override { return {}; }
  void set_row(std::string_view, const emit_options&) override {}
  void erase_row(const emit_options&) override {}
  std::optional<std::string_view> begin_change() override { return std::nullopt; }
  std::optional<std::string_view> joined(const topic_name&) override { return std::nullopt; }
  std::optional<std::string_view> looked_up(const topic_name&, std::string_view) override { return std::nullopt; }
  delivery emit(const topic_name&, partitioner, detail::payload, const emit_options&) override {
    throw std::logic_error{"unused"};
  }
  delivery emit_loop(std::type_index, detail::payload, const emit_options&) override {
    throw std::logic_error{"unused"};
  }
  const std::vector<header_view>& headers() override { return none; }
  corka::executor executor() const override { return {}; }
  const corka::logger& logger() const override { return log; }
  deferred defer() override { return {}; }
  std::chrono::nanoseconds now() const override { return {}; }

 private:
  std::vector<header_view> none;
  corka::logger log;
};

}  // namespace

TEST_SUITE("middleware chain") {
  TEST_CASE("a group without it keeps its handlers") {
    group<> g{"g"};
    g.input(words, [](context<void>&, const std::string&) {});
    const auto with = graph::with_middleware(g.declared());
    CHECK(with.inputs.front().handler == g.declared().inputs.front().handler);
  }

  TEST_CASE("plain callbacks stay plain, coroutines stay coroutines") {
    group<> g{"g"};
    g.use([](invocation&) {});
    g.input(words, [](context<void>&, const std::string&) {});
    g.loop<std::string>([](context<void>&, std::string) -> task<> { co_return; });
    const auto with = graph::with_middleware(g.declared());
    CHECK_FALSE(with.inputs.front().handler->is_coroutine());
    CHECK(with.loop->handler->is_coroutine());
  }

  TEST_CASE("states larger than the room in the frame, and aligned ones, find their place") {
    std::vector<std::string> told;
    group<> g{"g"};
    for (const auto* name : {"outer", "inner"}) {
      g.use([&told, name](invocation&) { return large{&told, std::make_unique<std::string>(name)}; });
    }
    g.input(words, [&](context<void>&, const std::string&) { told.emplace_back("callback"); });
    const auto with = graph::with_middleware(g.declared());
    bare_context context;
    with.inputs.front().handler->call(context);
    CHECK(told == std::vector<std::string>{"callback", "inner aligned", "outer aligned"});
  }

  TEST_CASE("what middleware throws after the callback is the failure that the outer ones see") {
    std::string seen;
    group<> g{"g"};
    g.use([&](invocation&) {
      return [&](outcome& of) {
        try {
          std::rethrow_exception(of.failure);
        } catch (const std::exception& e) { seen = e.what(); }
        of.failure = nullptr;
      };
    });
    g.use([](invocation&) { return [](outcome&) { throw std::runtime_error{"afterwards"}; }; });
    g.input(words, [](context<void>&, const std::string&) {});
    const auto with = graph::with_middleware(g.declared());
    bare_context context;
    with.inputs.front().handler->call(context);
    CHECK(seen == "afterwards");
  }
}

}  // namespace corka
