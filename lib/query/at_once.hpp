// Handlers that need no waiting.
#pragma once

#include <corka/http/router.hpp>

#include <utility>

namespace corka::query {

/// A handler of a function from the request to its answer.
template <class Answer>
[[nodiscard]] http::handler at_once(Answer answer) {
  return [answer = std::move(answer)](http::request r) -> task<http::response> {
    // Not a coroutine itself: that would refer to this closure.
    return [](http::response given) -> task<http::response> { co_return given; }(answer(r));
  };
}

}  // namespace corka::query
