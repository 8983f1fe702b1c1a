#include "partition/failure_plan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace corka::partition {

namespace {

using namespace std::chrono_literals;

std::string text(const failure_action& a) {
  if (std::holds_alternative<stop_processor>(a)) return "stop";
  if (std::holds_alternative<skip_record>(a)) return "skip";
  return "to " + std::get<dead_letter>(a).topic;
}

std::string text(const failure_plan::step& s) {
  if (const auto* again = std::get_if<failure_plan::again>(&s)) return "again " + std::to_string(again->wait.count());
  return text(std::get<failure_action>(s));
}

}  // namespace

TEST_SUITE("failure plan") {
  TEST_CASE("what follows each call") {
    struct expected {
      failure_policies of;
      errc kind;
      bool undecodable;
      std::size_t attempts;
      std::string then;
    };
    const failure_policy patient{
        .attempts = 6, .first_backoff = 100ms, .longest_backoff = 700ms, .then = skip_record{}};
    const failure_policy endless{.attempts = 0, .first_backoff = 1ms, .longest_backoff = 1s, .then = skip_record{}};
    const std::vector<expected> table{
        {{}, errc::callback_failed, false, 1, "stop"},
        {{}, errc::decode_failed, true, 1, "stop"},
        {{.decoding = skip_record{}}, errc::decode_failed, true, 1, "skip"},
        // The state's codec, within the callback.
        {{.decoding = skip_record{}}, errc::decode_failed, false, 1, "stop"},
        {{.decoding = dead_letter{"dead"}}, errc::decode_failed, true, 1, "to dead"},
        {{.callback = {.then = dead_letter{"dead"}}}, errc::callback_failed, false, 1, "to dead"},
        {{.callback = patient}, errc::callback_failed, false, 1, "again 100"},
        {{.callback = patient}, errc::callback_failed, false, 2, "again 200"},
        {{.callback = patient}, errc::callback_failed, false, 4, "again 700"},
        {{.callback = patient}, errc::callback_failed, false, 5, "again 700"},
        {{.callback = patient}, errc::callback_failed, false, 6, "skip"},
        {{.callback = patient}, errc::decode_failed, true, 1, "stop"},
        {{.callback = patient}, errc::not_declared, false, 1, "stop"},
        {{.callback = endless}, errc::delivery_failed, false, 1'000'000, "again 1000"},
    };
    for (const auto& row : table) {
      CAPTURE(row.attempts);
      CHECK(text(failure_plan{row.of}.after(row.kind, row.undecodable, row.attempts)) == row.then);
    }
  }

  TEST_CASE("only groups that may drop a call's effects keep them back") {
    const failure_policies plain{};
    CHECK_FALSE(failure_plan{plain}.journals());
    const failure_policies decoding{.decoding = skip_record{}, .delivery = skip_record{}};
    CHECK_FALSE(failure_plan{decoding}.journals());
    const failure_policies twice{.callback = {.attempts = 2}};
    CHECK(failure_plan{twice}.journals());
    const failure_policies skipping{.callback = {.then = skip_record{}}};
    CHECK(failure_plan{skipping}.journals());
  }
}

}  // namespace corka::partition
