#include "async/runs_here.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

namespace corka::async {

std::optional<bool> runs_here(const executor& ex) {
  using loop = boost::asio::io_context::executor_type;
  if (const auto* plain = ex.target<loop>()) return plain->running_in_this_thread();
  if (const auto* strand = ex.target<boost::asio::strand<loop>>()) return strand->running_in_this_thread();
  if (const auto* strand = ex.target<boost::asio::strand<executor>>()) return strand->running_in_this_thread();
  return std::nullopt;
}

}  // namespace corka::async
