#include "async/strand_check.hpp"

#ifndef NDEBUG

#include "async/runs_here.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace corka::async {

strand_check::strand_check(executor ex) : ex_{std::move(ex)} {}

bool strand_check::right() const noexcept {
  const auto here = std::this_thread::get_id();
  if (runs_here(ex_).value_or(true)) {
    seen_.store(here, std::memory_order_relaxed);
    return true;
  }
  const auto seen = seen_.load(std::memory_order_relaxed);
  return seen == std::thread::id{} || seen == here;
}

void strand_check::operator()(const char* member) const noexcept {
  if (right()) return;
  std::fprintf(stderr, "corka: %s was called off its strand: post to the executor that the object was made with\n",
               member);
  std::abort();
}

}  // namespace corka::async

#endif
