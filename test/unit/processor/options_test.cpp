#include "processor/options.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <string>

namespace corka::processor_parts {

TEST_SUITE("processor options") {
  TEST_CASE("the defaults are in range") { CHECK_NOTHROW(check(processor_options{})); }

  TEST_CASE("every option out of range is named, with its range") {
    processor_options options;
    options.batch_records = 0;
    options.revoke_deadline = options.max_poll_interval;
    try {
      check(options);
      FAIL("out of range was accepted");
    } catch (const error& e) {
      const std::string what = e.what();
      CHECK(e.kind() == errc::invalid_option);
      CHECK(what.find("batch_records is 0: 1 to 100000 is possible") != std::string::npos);
      CHECK(what.find("revoke_deadline is 300000 ms: 1 to 150000 is possible") != std::string::npos);
    }
  }
}

}  // namespace corka::processor_parts
