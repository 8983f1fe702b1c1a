#include <corka/group.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace corka {

namespace {

/// A context that remembers what callbacks did.
class recorded_context final : public detail::record_context {
 public:
  explicit recorded_context(corka::record r) : current{r} { record = &current; }

  corka::record current;
  std::optional<std::string> state;
  std::vector<std::string> done;

  std::optional<std::string_view> row() override { return state; }
  void set_row(std::string_view bytes, const emit_options&) override { state = bytes; }
  void erase_row(const emit_options&) override { state.reset(); }
  std::optional<std::string_view> before;
  std::optional<std::string_view> begin_change() override { return before; }
  std::optional<std::string_view> joined(const topic_name& table) override {
    return scratch().append(table.str()).append(" of ").append(record->key);
  }
  std::optional<std::string_view> looked_up(const topic_name& table, std::string_view key) override {
    if (key.empty()) return std::nullopt;
    return scratch().append(table.str()).append(" of ").append(key);
  }
  delivery emit(const topic_name& to, partitioner, detail::payload what, const emit_options&) override {
    done.push_back(to.str() + " " + std::string{what.key} + "=" + std::string{what.value.value_or("(none)")});
    return {source, 0};
  }
  delivery emit_loop(std::type_index type, detail::payload what, const emit_options&) override {
    done.push_back(type == std::type_index{typeid(detail::loop_of<std::string, codec::text>)}
                       ? "loop " + std::string{what.key}
                       : "other");
    return {source, 0};
  }
  const std::vector<header_view>& headers() override { return none; }
  corka::executor executor() const override { return {}; }
  const corka::logger& logger() const override { return log; }
  deferred defer() override { return {}; }
  std::chrono::nanoseconds now() const override { return {}; }

 private:
  struct never final : detail::delivery_source {
    task<record_position> acked(std::uint64_t) override { return {}; }
  };
  never source;
  std::vector<header_view> none;
  corka::logger log;
};

const stream<std::int64_t> numbers{"numbers"};
const stream<std::string> words{"words"};

const record_handler& first_handler(const declaration& d) { return *d.inputs.front().handler; }

}  // namespace

TEST_SUITE("callbacks") {
  TEST_CASE("a plain callback gets the decoded value and its key's state") {
    group<std::int64_t> g{"sums"};
    g.input(numbers, [](context<std::int64_t>& ctx, std::int64_t n) {
      ctx.set(ctx.value().value_or(0) + n);
      ctx.emit(words, ctx.key(), std::to_string(n));
      ctx.emit(words, "gone", tombstone);
    });
    g.output(words);
    recorded_context core{{.key = "anna", .value = "4", .at = offset{9}}};
    core.state_codec = g.declared().table->state_codec.get();
    core.state = "38";
    first_handler(g.declared()).call(core);
    CHECK(core.state == "42");
    CHECK(core.done == std::vector<std::string>{"words anna=4", "words gone=(none)"});
  }

  TEST_CASE("std::optional in the callback asks for tombstones, a plain value passes over them") {
    group<> sees{"sees"};
    std::optional<std::optional<std::int64_t>> got;
    sees.input(numbers, [&got](context<void>&, std::optional<std::int64_t> n) { got = n; });
    CHECK(sees.declared().inputs.front().tombstones);
    recorded_context core{{.key = "anna", .tombstone = true}};
    first_handler(sees.declared()).call(core);
    REQUIRE(got);
    CHECK_FALSE(got->has_value());

    group<> passes{"passes"};
    passes.input(numbers, [](context<void>&, std::int64_t) {});
    CHECK_FALSE(passes.declared().inputs.front().tombstones);
  }

  TEST_CASE("a callback that returns a task is a coroutine callback") {
    group<> g{"g"};
    g.input(numbers, [](context<void>&, std::int64_t) -> task<> { co_return; });
    CHECK(first_handler(g.declared()).is_coroutine());
  }

  TEST_CASE("joins and lookups are decoded with the codec of the handle") {
    const table<std::string> profiles{"profiles"};
    const table<std::int64_t> limits{"limits"};
    group<> g{"g"};
    std::vector<std::string> got;
    g.input(numbers, [&](context<void>& ctx, std::int64_t) {
      got.push_back(ctx.join(profiles).value());
      got.push_back(ctx.lookup(profiles, "bob").value());
      CHECK_FALSE(ctx.lookup(profiles, ""));
      CHECK_THROWS_AS((void)ctx.join(limits), error);
    });
    recorded_context core{{.key = "anna", .value = "4"}};
    first_handler(g.declared()).call(core);
    CHECK(got == std::vector<std::string>{"profiles of anna", "profiles of bob"});
  }

  TEST_CASE("the loop is reached with the type that it was declared with") {
    group<> g{"g"};
    g.input(numbers, [](context<void>& ctx, std::int64_t) {
      ctx.loop("bob", std::string{"again"});
      ctx.loop("bob", std::int64_t{1});
    });
    g.loop<std::string>([](context<void>&, std::string) {});
    recorded_context core{{.key = "anna", .value = "1"}};
    first_handler(g.declared()).call(core);
    CHECK(core.done == std::vector<std::string>{"loop bob", "other"});
  }

  TEST_CASE("fail() and undecodable values end the callback with an error") {
    group<> g{"g"};
    g.input(numbers, [](context<void>& ctx, std::int64_t) { ctx.fail("no such user"); });
    recorded_context core{{.key = "anna", .value = "1"}};
    CHECK_THROWS_WITH_AS(first_handler(g.declared()).call(core), "no such user", error);
    recorded_context malformed{{.key = "anna", .value = "one"}};
    try {
      first_handler(g.declared()).call(malformed);
      FAIL("decoded");
    } catch (const error& e) { CHECK(e.kind() == errc::decode_failed); }
  }

  TEST_CASE("rows can be shown as JSON") {
    group<std::int64_t> numbers_group{"a"};
    CHECK(numbers_group.declared().table->to_json("42") == "42");
    group<std::string> text_group{"b"};
    CHECK(text_group.declared().table->to_json("say \"hi\"\n") == R"("say \"hi\"\n")");
  }
}

}  // namespace corka
