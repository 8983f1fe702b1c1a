// What runs around every callback of a group: tracing, metrics, headers that travel along.
#pragma once

#include <corka/declaration.hpp>
#include <corka/detail/record_context.hpp>
#include <corka/record_time.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace corka {

/// Why a callback is called.
enum class call_kind {
  input,    ///< a record of an input
  loop,     ///< a record of the group's own loop
  visitor,  ///< a row of the group table, for a visit
  change,   ///< a changed row of a joined table
};

[[nodiscard]] std::string_view to_string(call_kind k) noexcept;

/// A callback that is about to run, or runs, as middleware sees it. Retries are invocations of their own.
///
/// Life: until the callback has ended and every middleware has heard of it. Strand: the partition's.
class invocation {
 public:
  invocation(call_kind kind, detail::record_context& core) : kind_{kind}, core_{&core} {}

  [[nodiscard]] call_kind kind() const { return kind_; }
  [[nodiscard]] std::string_view key() const { return core_->record->key; }
  /// The topic; for visitors their name.
  [[nodiscard]] const topic_name& topic() const { return *core_->topic; }
  [[nodiscard]] partition_id partition() const { return core_->partition; }
  /// Nothing for visitors.
  [[nodiscard]] std::optional<corka::offset> offset() const {
    if (kind_ == call_kind::visitor) return std::nullopt;
    return core_->record->at;
  }
  [[nodiscard]] const group_name& group() const { return *core_->group; }
  /// The record's; for visitors the time of the visit's slice. What is beyond the clock, which ends in 2262, is the
  /// clock's end.
  [[nodiscard]] std::chrono::system_clock::time_point timestamp() const {
    return record_time{core_->record->timestamp_ms}.on_clock();
  }
  /// The same exactly, in milliseconds since 1970; -1 where the record has none.
  [[nodiscard]] std::int64_t timestamp_ms() const { return core_->record->timestamp_ms; }
  [[nodiscard]] const std::vector<header_view>& headers() const { return core_->headers(); }
  /// Value of the last header with this name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    const auto* found = find_header(core_->headers(), name);
    return found != nullptr ? found->value : std::nullopt;
  }
  [[nodiscard]] const corka::logger& logger() const { return core_->logger(); }

  /// From now on everything that the callback emits or loops carries this header too: after the processor's default
  /// headers, before those of the emit. Changelog writes do not: they would keep it for ever.
  void add_header(std::string name, std::optional<std::string> value) {
    core_->added_headers.push_back({std::move(name), std::move(value)});
  }

 private:
  call_kind kind_;
  detail::record_context* core_;
};

/// How a callback ended.
struct outcome {
  /// What it threw, decoding included; null: it returned. Set to null, the failure counts as dealt with and the record
  /// as processed, with what the callback wrote before; set to another exception, that one is the failure. A coroutine
  /// that is cancelled because its partition goes away fails with operation_aborted.
  std::exception_ptr failure;
  /// From the callback's start to its end, awaits included; what is deferred is not waited for.
  std::chrono::nanoseconds took{0};
};

/// One layer around callbacks; made by group::use.
class middleware {
 public:
  middleware(std::size_t size, std::size_t alignment) : size_{size}, alignment_{alignment} {}
  middleware(const middleware&) = delete;
  middleware& operator=(const middleware&) = delete;
  virtual ~middleware() = default;

  /// Of what it keeps from `before` to `after`.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t alignment() const noexcept { return alignment_; }

  /// Makes what it keeps at `state`.
  virtual void before(invocation& call, void* state) const = 0;
  virtual void after(outcome& of, void* state) const = 0;
  /// Ends what `before` made.
  virtual void destroy(void* state) const noexcept = 0;

 private:
  std::size_t size_;
  std::size_t alignment_;
};

namespace detail {

template <class F>
concept middleware_function =
    std::invocable<const F&, invocation&> && (std::is_void_v<std::invoke_result_t<const F&, invocation&>> ||
                                              std::invocable<std::invoke_result_t<const F&, invocation&>&, outcome&>);

template <class F>
class typed_middleware final : public middleware {
  using result = std::invoke_result_t<const F&, invocation&>;
  static constexpr bool keeps = !std::is_void_v<result>;
  using kept = std::conditional_t<keeps, result, char>;

 public:
  explicit typed_middleware(F f) : middleware{keeps ? sizeof(kept) : 0, alignof(kept)}, f_{std::move(f)} {}

  void before(invocation& call, void* state) const override {
    if constexpr (keeps) ::new (state) kept(f_(call));
    else f_(call);
  }
  void after(outcome& of, void* state) const override {
    if constexpr (keeps) (*static_cast<kept*>(state))(of);
  }
  void destroy(void* state) const noexcept override {
    if constexpr (keeps) static_cast<kept*>(state)->~kept();
  }

 private:
  F f_;
};

}  // namespace detail

}  // namespace corka
