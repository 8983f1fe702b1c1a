#include "simulation/idle_member.hpp"

#include "async/task_group.hpp"
#include "async/timer.hpp"
#include "processor/runtime_core.hpp"

#include <corka/runtime.hpp>

#include <boost/asio/this_coro.hpp>

#include <variant>

namespace corka::simulation_parts {

namespace {

task<> answer(kafka::member& m) {
  while (true) {
    const auto event = co_await m.next();
    if (const auto* a = std::get_if<kafka::assigned>(&event)) m.accept(*a, {});
    else if (const auto* r = std::get_if<kafka::revoked>(&event)) m.release(r->partitions);
    else if (const auto* l = std::get_if<kafka::lost>(&event)) m.release(l->partitions);
  }
}

}  // namespace

task<> idle_member::run(runtime& on) {
  const auto ex = co_await boost::asio::this_coro::executor;
  auto& time = on.core().threads->time();
  const auto member = on.core().cluster->join(options_, ex);
  async::task_group answers{ex};
  answers.spawn(answer(*member));
  co_await async::sleep_for(time, stays_);
  answers.cancel();
  co_await answers.join();
  co_await member->close(time.now());
}

}  // namespace corka::simulation_parts
