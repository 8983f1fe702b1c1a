// The rules of https://www.w3.org/TR/trace-context/, one row each.
#include <corka/trace_context.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace corka {

namespace {

const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
const std::string parent_id = "b7ad6b7169203331";
const std::string good = "00-" + trace_id + "-" + parent_id + "-01";

/// What version 00 says about the same place, or "(none)".
std::string read(std::string_view traceparent) {
  const auto found = trace_context::parse(traceparent);
  return found ? found->traceparent() : "(none)";
}

std::string state(std::vector<std::string_view> headers) {
  const auto found = trace_context::parse(good, headers);
  REQUIRE(found);
  return found->tracestate();
}

}  // namespace

TEST_SUITE("trace context") {
  TEST_CASE("traceparent: version 00 is read and written as it is") {
    CHECK(read(good) == good);
    CHECK(read("00-" + trace_id + "-" + parent_id + "-00") == "00-" + trace_id + "-" + parent_id + "-00");
    const auto found = trace_context::parse(good);
    REQUIRE(found);
    CHECK(found->sampled());
    CHECK(found->trace[0] == 0x0a);
    CHECK(found->trace[15] == 0x9c);
    CHECK(found->span[0] == 0xb7);
  }

  TEST_CASE("traceparent: unknown flags are not sent on; known ones are") {
    CHECK(read("00-" + trace_id + "-" + parent_id + "-ff") == "00-" + trace_id + "-" + parent_id + "-03");
    CHECK(read("00-" + trace_id + "-" + parent_id + "-fc") == "00-" + trace_id + "-" + parent_id + "-00");
  }

  TEST_CASE("traceparent: later versions are read as far as they are known") {
    const auto later = "cc-" + trace_id + "-" + parent_id + "-01";
    CHECK(read(later) == good);
    CHECK(read(later + "-what-the-future-will-be-like") == good);
    CHECK(read(later + ".what-the-future-will-be-like") == "(none)");
  }

  TEST_CASE("traceparent: what is malformed is no context") {
    const std::vector<std::string> bad{
        "",
        "00",
        "ff-" + trace_id + "-" + parent_id + "-01",                  // forbidden version
        "00-" + trace_id + "-" + parent_id + "-01-",                 // version 00 is exactly this long
        "00-" + trace_id + "-" + parent_id + "-01-more",             //
        "0-" + trace_id + "-" + parent_id + "-01",                   // short version
        "0x-" + trace_id + "-" + parent_id + "-01",                  //
        "00-00000000000000000000000000000000-" + parent_id + "-01",  // no trace
        "00-" + trace_id + "-0000000000000000-01",                   // no parent
        "00-0AF7651916CD43DD8448EB211C80319C-" + parent_id + "-01",  // upper case
        "00-" + trace_id + "-B7AD6B7169203331-01",                   //
        "00-" + trace_id + "-" + parent_id + "-0A",                  //
        "00-.af7651916cd43dd8448eb211c80319c-" + parent_id + "-01",  // not hexadecimal
        "00-" + trace_id + "-" + parent_id + "-.0",                  //
        "00-" + trace_id + "-" + parent_id + "-1",                   // short flags
        "00_" + trace_id + "_" + parent_id + "_01",                  // other separators
        "00-" + trace_id.substr(1) + "-" + parent_id + "-01",        // short trace
        "00-" + trace_id + "-" + parent_id.substr(1) + "-01",        // short parent
        "00-" + trace_id + "1-" + parent_id + "-01",                 // long trace
    };
    for (const auto& text : bad) CHECK_MESSAGE(read(text) == "(none)", text);
  }

  TEST_CASE("tracestate: members keep their order, also over several headers") {
    CHECK(state({"foo=1,bar=2"}) == "foo=1,bar=2");
    CHECK(state({"foo=1", "bar=2"}) == "foo=1,bar=2");
    CHECK(state({"foo=1 \t , \t bar=2, baz=3"}) == "foo=1,bar=2,baz=3");
    CHECK(state({"foo=1,,bar=2,"}) == "foo=1,bar=2");
    CHECK(state({"", "foo=1"}) == "foo=1");
    CHECK(state({"fw529a3039@dt=FfB~, 0tenant@system= x y"}) == "fw529a3039@dt=FfB~,0tenant@system= x y");
    CHECK(state({"a-_*/0=x"}) == "a-_*/0=x");
    CHECK(state({std::string(256, 'k') + "=" + std::string(256, 'v')}).size() == 513);
  }

  TEST_CASE("tracestate: what is malformed is dropped whole, and the trace goes on") {
    const std::string long_key = std::string(257, 'k') + "=1";
    const std::string long_value = "k=" + std::string(257, 'v');
    for (const std::string_view bad :
         {std::string_view{"foo"}, std::string_view{"=1"}, std::string_view{"foo="}, std::string_view{"Foo=1"},
          std::string_view{"foo =1"}, std::string_view{"_foo=1"}, std::string_view{"foo=bar=baz"},
          std::string_view{"foo=\x7f"}, std::string_view{"foo=\xc3\xa4"}, std::string_view{"f\0o=1", 5},
          std::string_view{long_key}, std::string_view{long_value}, std::string_view{"foo=1,foo=2"}}) {
      CHECK_MESSAGE(state({"good=1", bad}) == "", std::string{bad});
    }
  }

  TEST_CASE("tracestate: 32 members are taken, 33 are not") {
    std::string members;
    for (int i = 0; i < 32; ++i) members += "k" + std::to_string(i) + "=1,";
    CHECK(trace_context::parse(good, std::vector<std::string_view>{members})->state.size() == 32);
    members += "one-more=1";
    CHECK(state({members}) == "");
  }

  TEST_CASE("headers: names in any case; two traceparent are none; tracestate alone is none") {
    using headers = std::vector<header_view>;
    const auto found = trace_context::of(headers{{"x", "y"}, {"TraceParent", good}, {"TRACESTATE", "foo=1"}});
    REQUIRE(found);
    CHECK(found->traceparent() == good);
    CHECK(found->tracestate() == "foo=1");
    CHECK_FALSE(trace_context::of(headers{{"traceparent", good}, {"traceparent", good}}));
    CHECK_FALSE(trace_context::of(headers{{"tracestate", "foo=1"}}));
    CHECK_FALSE(trace_context::of(headers{{"traceparent", std::nullopt}}));
    CHECK_FALSE(trace_context::of(headers{}));
  }

  TEST_CASE("a child has the same trace, flags and state, and another span") {
    const auto parent = trace_context::parse(good, std::vector<std::string_view>{"foo=1"}).value();
    const auto child = parent.child();
    CHECK(child.trace == parent.trace);
    CHECK(child.flags == parent.flags);
    CHECK(child.state == parent.state);
    CHECK(child.span != parent.span);
    CHECK(child.span != parent.child().span);
    CHECK(trace_context::parse(child.traceparent()).has_value());
  }

  TEST_CASE("a new trace is valid and like no other") {
    const auto one = trace_context::begin(true);
    const auto other = trace_context::begin(false);
    CHECK(one.trace != other.trace);
    CHECK(one.traceparent().ends_with("-03"));
    CHECK(other.traceparent().ends_with("-02"));
    CHECK(trace_context::parse(one.traceparent()) == one);
    CHECK(one.headers().size() == 1);
  }
}

}  // namespace corka
