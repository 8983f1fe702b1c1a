// A visit that somebody awaits.
#pragma once

#include "support/world.hpp"

#include <corka/processor.hpp>
#include <corka/visit.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace corka::test {

class visiting {
 public:
  template <class Meta>
  visiting(world& w, processor& p, std::string name, Meta meta, visit_options options = {}) {
    w.threads.start(body(p.visit(std::move(name), std::move(meta), std::move(options)), state_));
  }

  [[nodiscard]] bool ended() const { return state_->result || !state_->failure.empty(); }
  [[nodiscard]] const visit_result& result() const { return state_->result.value(); }
  /// What it threw; empty if it returned.
  [[nodiscard]] const std::string& failure() const { return state_->failure; }

 private:
  struct state {
    std::optional<visit_result> result;
    std::string failure;
  };
  static task<> body(task<visit_result> visit, std::shared_ptr<state> into) {
    try {
      into->result = co_await std::move(visit);
    } catch (const std::exception& e) { into->failure = e.what(); }
  }

  std::shared_ptr<state> state_ = std::make_shared<state>();
};

}  // namespace corka::test
