// The main of all test executables, compiled once.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

namespace {

unsigned selected_cases = 0;

/// Only counts: doctest calls it a success when a filter selects nothing.
struct case_counter : doctest::IReporter {
  explicit case_counter(const doctest::ContextOptions& /*options*/) {}
  void report_query(const doctest::QueryData& /*in*/) override { selected_cases = 1; }
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& stats) override { selected_cases = stats.numTestCasesPassingFilters; }
  void test_case_start(const doctest::TestCaseData& /*in*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*in*/) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& /*in*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*in*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*in*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*in*/) override {}
  void log_message(const doctest::MessageData& /*in*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*in*/) override {}
};
REGISTER_LISTENER("case_counter", 0, case_counter);

}  // namespace

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failures = context.run();
  if (!context.shouldExit() && selected_cases == 0) {
    std::fputs("no test case has such a name\n", stderr);
    return 3;
  }
  return failures;
}
