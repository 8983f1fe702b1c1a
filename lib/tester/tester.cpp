#include <corka/tester.hpp>

#include "tester/engine.hpp"

#include <cstdio>
#include <exception>
#include <utility>

namespace corka {

tester::tester(tester_options options)
    : tested_program{std::make_shared<tester_parts::engine>(std::move(options)), {}},
      exceptions_{std::uncaught_exceptions()} {}

tester::~tester() {
  if (std::uncaught_exceptions() <= exceptions_) return;
  try {
    std::fputs(("corka::tester: what happened:\n" + story()).c_str(), stderr);
  } catch (...) { std::fputs("corka::tester: no memory left for the story\n", stderr); }
}

}  // namespace corka
