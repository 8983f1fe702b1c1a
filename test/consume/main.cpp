// A user's program.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <corka/ids.hpp>
#include <corka/task.hpp>

#include <cstdio>

namespace {
corka::task<> greet() {
  std::puts("consumed");
  co_return;
}
}  // namespace

int main() {
  boost::asio::io_context io;
  boost::asio::co_spawn(io, greet(), boost::asio::detached);
  io.run();
}
