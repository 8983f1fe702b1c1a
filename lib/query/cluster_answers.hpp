// What is asked of whole groups, collected once for all who ask.
#pragma once

#include "async/task_group.hpp"
#include "base/clock.hpp"

#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace corka::query {

/// Gives everybody who asks for the same within `lifetime` the same answer, and collects it once at a time: however
/// many pages are open, and wherever, an instance is asked for one thing by one request of another instance.
///
/// Clients choose what is asked for (groups, steps), so no more than `most` different things are collected or kept; who
/// wants another one is told to come back. Life: `stop` before destruction. Strand: `ex`. Cancellation: who waits may
/// be cancelled, the others still get their answer. Errors: of the collection, to all who wait for it.
class cluster_answers {
 public:
  static constexpr std::chrono::milliseconds lifetime{1'000};
  static constexpr std::size_t most = 64;

  cluster_answers(executor ex, clock& time);
  cluster_answers(const cluster_answers&) = delete;
  cluster_answers& operator=(const cluster_answers&) = delete;
  ~cluster_answers();

  /// Begins a collection. It refers to nothing of the request: that may end before.
  using collect = std::function<task<http::response>()>;
  [[nodiscard]] task<http::response> get(std::string what, collect by);
  [[nodiscard]] task<> stop();

 private:
  struct collected;
  using place = std::shared_ptr<collected>;
  [[nodiscard]] task<> fill(place at, task<http::response> by);

  executor ex_;
  clock& time_;
  std::map<std::string, place> kept_;
  async::task_group collecting_;
};

}  // namespace corka::query
