#include "async/strand_check.hpp"

#ifndef NDEBUG

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace corka::async {

namespace {

bool running_on(const executor& ex) {
  using loop = boost::asio::io_context::executor_type;
  if (const auto* plain = ex.target<loop>()) return plain->running_in_this_thread();
  if (const auto* strand = ex.target<boost::asio::strand<loop>>()) return strand->running_in_this_thread();
  if (const auto* strand = ex.target<boost::asio::strand<executor>>()) return strand->running_in_this_thread();
  return true;  // nothing is known of other executors
}

}  // namespace

strand_check::strand_check(executor ex) : ex_{std::move(ex)} {}

bool strand_check::right() const noexcept {
  const auto here = std::this_thread::get_id();
  if (running_on(ex_)) {
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
