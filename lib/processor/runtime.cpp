#include <corka/runtime.hpp>

#include "async/runs_here.hpp"
#include "processor/compose.hpp"
#include "processor/runtime_core.hpp"

#include <corka/error.hpp>

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <future>

namespace corka {

runtime::runtime(runtime_options options) : core_{compose(std::move(options))} {}

runtime::runtime(std::shared_ptr<runtime_core> core) : core_{std::move(core)} {}

runtime::~runtime() = default;

void runtime::run(task<> main) {
  for (std::size_t i = 0; i < workers(); ++i) {
    if (!async::runs_here(worker(i)).value_or(false)) continue;
    throw error{
        errc::invalid_option,
        "runtime::run was called on a worker of this runtime, which would wait for itself: co_await the task there"};
  }
  std::promise<void> ended;
  auto waiting = ended.get_future();
  boost::asio::co_spawn(worker(0), std::move(main), [&ended](std::exception_ptr failure) {
    if (failure) ended.set_exception(failure);
    else ended.set_value();
  });
  waiting.get();
}

std::size_t runtime::workers() const noexcept { return core_->threads->workers(); }

executor runtime::worker(std::size_t i) const { return core_->threads->worker(i); }

const logger& runtime::log() const noexcept { return core_->log; }

}  // namespace corka
