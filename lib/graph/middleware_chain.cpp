#include "graph/middleware_chain.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace corka {

std::string_view to_string(call_kind k) noexcept {
  switch (k) {
    case call_kind::input: return "input";
    case call_kind::loop: return "loop";
    case call_kind::visitor: return "visitor";
    case call_kind::change: return "change";
  }
  return "unknown";
}

namespace graph {

middleware_chain::middleware_chain(layers all) : layers_{std::move(all)} {
  for (const auto& layer : layers_) {
    alignment_ = std::max(alignment_, layer->alignment());
    size_ = (size_ + layer->alignment() - 1) / layer->alignment() * layer->alignment();
    offsets_.push_back(size_);
    size_ += layer->size();
  }
}

middleware_pass::middleware_pass(const middleware_chain& chain, call_kind kind, detail::record_context& core)
    : chain_{chain}, core_{core}, call_{kind, core} {
  core_.added_headers.clear();
  if (chain.size() <= inline_block_.size() && chain.alignment() <= alignof(std::max_align_t)) return;
  block_ = static_cast<std::byte*>(::operator new(chain.size(), std::align_val_t{chain.alignment()}));
  allocated_ = chain.size();
}

middleware_pass::~middleware_pass() {
  while (begun_ > 0) {
    --begun_;
    chain_.layer(begun_).destroy(state_of(begun_));
  }
  core_.added_headers.clear();
  if (allocated_ > 0) ::operator delete(block_, allocated_, std::align_val_t{chain_.alignment()});
}

void middleware_pass::begin() {
  for (std::size_t i = 0; i < chain_.layer_count(); ++i) {
    chain_.layer(i).before(call_, state_of(i));
    ++begun_;
  }
}

void middleware_pass::end(outcome& of) {
  while (begun_ > 0) {
    --begun_;
    const auto& layer = chain_.layer(begun_);
    auto* const state = state_of(begun_);
    try {
      layer.after(of, state);
    } catch (...) { of.failure = std::current_exception(); }
    layer.destroy(state);
  }
  if (of.failure) std::rethrow_exception(of.failure);
}

namespace {

class wrapped_handler final : public record_handler {
 public:
  wrapped_handler(std::shared_ptr<const record_handler> inner, std::shared_ptr<const middleware_chain> chain,
                  call_kind kind)
      : record_handler{inner->is_coroutine()}, inner_{std::move(inner)}, chain_{std::move(chain)}, kind_{kind} {}

  void call(detail::record_context& context) const override {
    middleware_pass pass{*chain_, kind_, context};
    outcome of;
    auto from = context.now();
    try {
      pass.begin();
      from = context.now();
      inner_->call(context);
    } catch (...) { of.failure = std::current_exception(); }
    of.took = context.now() - from;
    pass.end(of);
  }

  task<> start(detail::record_context& context) const override {
    middleware_pass pass{*chain_, kind_, context};
    outcome of;
    auto from = context.now();
    try {
      pass.begin();
      from = context.now();
      auto running = inner_->start(context);
      co_await std::move(running);
    } catch (...) { of.failure = std::current_exception(); }
    of.took = context.now() - from;
    pass.end(of);
  }

 private:
  std::shared_ptr<const record_handler> inner_;
  std::shared_ptr<const middleware_chain> chain_;
  call_kind kind_;
};

}  // namespace

declaration with_middleware(declaration group) {
  if (group.middlewares.empty()) return group;
  const auto chain = std::make_shared<const middleware_chain>(std::exchange(group.middlewares, {}));
  const auto wrap = [&](std::shared_ptr<const record_handler>& handler, call_kind kind) {
    handler = std::make_shared<const wrapped_handler>(std::move(handler), chain, kind);
  };
  for (auto& input : group.inputs) wrap(input.handler, call_kind::input);
  if (group.loop) wrap(group.loop->handler, call_kind::loop);
  for (auto& visitor : group.visitors) wrap(visitor.handler, call_kind::visitor);
  for (auto& change : group.changes) wrap(change.handler, call_kind::change);
  return group;
}

}  // namespace graph

}  // namespace corka
