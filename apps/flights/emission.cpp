#include "emission.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <utility>
#include <vector>

namespace flights {

namespace asio = boost::asio;

namespace {

/// Lets a coroutine go on `rate` times a second.
class pace {
 public:
  explicit pace(double rate) : rate_{rate} {}

  corka::task<> operator()() {
    ++count_;
    const auto here = co_await asio::this_coro::executor;
    if (rate_ > 0) {
      const auto after = std::chrono::duration<double>{static_cast<double>(count_) / rate_};
      asio::steady_timer due{here, start_ + std::chrono::duration_cast<clock::duration>(after)};
      if (due.expiry() > clock::now()) co_await due.async_wait(asio::use_awaitable);
    } else if (count_ % 256 == 0) {
      co_await asio::post(here, asio::use_awaitable);  // others on this thread want to run too
    }
  }

 private:
  using clock = std::chrono::steady_clock;
  double rate_;
  std::int64_t count_ = 0;
  clock::time_point start_ = clock::now();
};

}  // namespace

corka::task<> emit_rows(corka::emitter<flight>& to, std::string folder, double rate, emission& progress) {
  flight_file file{folder};

  // The rows of a partition are written in file order. So the number of records that a partition ever held says which
  // of its rows are there, also after a crash half-way.
  const auto written = co_await to.written();
  const auto partitions = static_cast<std::int32_t>(written.size());
  std::vector<std::int64_t> seen(written.size());

  pace next{rate};
  pace unhurried{0};
  while (const auto row = file.next()) {
    const auto p = static_cast<std::size_t>(corka::partition_of(row->tailnum, partitions).value);
    if (++seen[p] <= written[p].high.value) {
      ++progress.already_there;
      co_await unhurried();
      continue;
    }
    co_await next();
    co_await to.ready();
    to.emit(row->tailnum, *row);
    ++progress.emitted;
  }
  co_await to.flush();
  progress.done = true;
  to.stop();
}

}  // namespace flights
