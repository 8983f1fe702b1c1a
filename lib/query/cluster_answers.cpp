#include "query/cluster_answers.hpp"

#include "async/event.hpp"

#include <corka/http/problem.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace corka::query {

struct cluster_answers::collected {
  explicit collected(executor ex) : done{std::move(ex)} {}

  async::event done;
  clock::time_point at;  // when it was done
  std::optional<http::response> answer;
  std::exception_ptr failed;
};

cluster_answers::cluster_answers(executor ex, clock& time) : ex_{ex}, time_{time}, collecting_{std::move(ex)} {}

cluster_answers::~cluster_answers() = default;

task<http::response> cluster_answers::get(std::string what, collect by) {
  const auto now = time_.now();
  std::erase_if(kept_, [now](const auto& k) { return k.second->done.is_set() && now - k.second->at >= lifetime; });
  place at;
  if (const auto known = kept_.find(what); known != kept_.end()) {
    at = known->second;
  } else if (kept_.size() < most) {
    at = std::make_shared<collected>(ex_);
    kept_.emplace(std::move(what), at);
    collecting_.spawn(fill(at, by()));
  } else {
    co_return http::problem{503, "too-many-collections",
                            "too many different things are asked of all instances at once: try again in a moment"}
        .header("Retry-After", "1")
        .answer();
  }
  co_await at->done.wait();
  if (at->failed) std::rethrow_exception(at->failed);
  co_return *at->answer;
}

task<> cluster_answers::fill(place at, task<http::response> by) {
  try {
    at->answer = co_await std::move(by);
  } catch (...) { at->failed = std::current_exception(); }
  at->at = time_.now();
  at->done.set();
}

task<> cluster_answers::stop() {
  collecting_.cancel();
  co_await collecting_.join();
}

}  // namespace corka::query
