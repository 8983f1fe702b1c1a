// W3C Trace Context in record headers: which distributed trace a record belongs to.
#pragma once

#include <corka/delivery.hpp>
#include <corka/middleware.hpp>
#include <corka/record.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka {

/// A place in a trace: what the headers `traceparent` and `tracestate` say (https://www.w3.org/TR/trace-context/).
///
/// A plain value. Malformed headers are no error, as the recommendation says: without a valid `traceparent` there is no
/// context; an invalid `tracestate` is dropped alone.
struct trace_context {
  using trace_id = std::array<std::uint8_t, 16>;
  using span_id = std::array<std::uint8_t, 8>;
  static constexpr std::uint8_t sampled_flag = 1;
  static constexpr std::uint8_t random_flag = 2;

  trace_id trace{};
  span_id span{};  ///< in headers: the sender's, which is the receiver's parent
  std::uint8_t flags = 0;
  /// Vendors' entries, foremost the latest; keys differ.
  std::vector<std::pair<std::string, std::string>> state{};

  [[nodiscard]] bool sampled() const noexcept { return (flags & sampled_flag) != 0; }

  /// From one `traceparent` and the values of all `tracestate` headers, in order.
  [[nodiscard]] static std::optional<trace_context> parse(std::string_view traceparent,
                                                          std::span<const std::string_view> tracestates = {});
  /// From a record's headers; names in any case. Two `traceparent` are as good as none.
  [[nodiscard]] static std::optional<trace_context> of(std::span<const header_view> headers);
  /// A new trace with random ids.
  [[nodiscard]] static trace_context begin(bool sampled);

  /// The same trace with a new random span.
  [[nodiscard]] trace_context child() const;
  [[nodiscard]] std::string traceparent() const;  ///< as version 00
  [[nodiscard]] std::string tracestate() const;   ///< empty: to be left out
  /// Both headers, to be sent with a record.
  [[nodiscard]] std::vector<header> headers() const;

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// What a callback did, for exporters of traces.
struct trace_span {
  const trace_context& context;                         ///< its own
  const std::optional<trace_context::span_id>& parent;  ///< absent: it began the trace
  const invocation& call;
  const outcome& ended;
};

struct trace_options {
  /// Callbacks whose record belongs to no trace begin one; else they stay outside of traces.
  bool begin_traces = false;
  /// The flag of traces begun here.
  bool sampled = true;
  /// Called after each callback that belongs to a trace, from several threads at once.
  std::function<void(const trace_span&)> on_span{};
};

/// Middleware for group::use: each callback is a child span of its record's context, and what it emits or loops carries
/// the callback's span.
class propagate_trace {
 public:
  explicit propagate_trace(trace_options options = {}) : options_{std::move(options)} {}
  class running {
   public:
    void operator()(outcome& of) const;

   private:
    friend class propagate_trace;
    const trace_options* options_ = nullptr;
    const invocation* call_ = nullptr;
    std::optional<trace_context> own_;
    std::optional<trace_context::span_id> parent_;
  };
  [[nodiscard]] running operator()(invocation& call) const;

 private:
  trace_options options_;
};

}  // namespace corka
