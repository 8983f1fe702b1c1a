// Middleware around one callback.
#pragma once

#include <corka/declaration.hpp>
#include <corka/middleware.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace corka::graph {

/// All middleware of a group, and where each keeps its state within one block. Read-only once made: any thread.
class middleware_chain {
 public:
  using layers = std::vector<std::shared_ptr<const middleware>>;

  explicit middleware_chain(layers all);

  [[nodiscard]] std::size_t layer_count() const noexcept { return layers_.size(); }
  [[nodiscard]] const middleware& layer(std::size_t i) const { return *layers_[i]; }
  [[nodiscard]] std::size_t offset_of(std::size_t i) const { return offsets_[i]; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t alignment() const noexcept { return alignment_; }

 private:
  layers layers_;
  std::vector<std::size_t> offsets_;
  std::size_t size_ = 0;
  std::size_t alignment_ = alignof(std::max_align_t);
};

/// One callback's way through the chain: `begin`, the callback, `end`. Without `end` (the coroutine was destroyed) the
/// states are destroyed and nobody is told.
class middleware_pass {
 public:
  middleware_pass(const middleware_chain& chain, call_kind kind, detail::record_context& core);
  middleware_pass(const middleware_pass&) = delete;
  middleware_pass& operator=(const middleware_pass&) = delete;
  ~middleware_pass();

  /// In the order declared. What one throws is the callback's failure: the callback is not called.
  void begin();
  /// Tells those that began, in reverse order, and throws the failure that is left.
  void end(outcome& of);

 private:
  [[nodiscard]] std::byte* state_of(std::size_t i) { return block_ + chain_.offset_of(i); }

  const middleware_chain& chain_;
  detail::record_context& core_;
  invocation call_;
  std::size_t begun_ = 0;
  // A few layers fit; more take an allocation.
  alignas(std::max_align_t) std::array<std::byte, 192> inline_block_;
  std::byte* block_ = inline_block_.data();
  std::size_t allocated_ = 0;
};

/// The same group with every handler run through its middleware; without middleware the group itself.
[[nodiscard]] declaration with_middleware(declaration group);

}  // namespace corka::graph
