// What a context<S> stands on: the untyped side of one record's processing. Implemented by the partition.
#pragma once

#include <corka/deferred.hpp>
#include <corka/delivery.hpp>
#include <corka/ids.hpp>
#include <corka/log.hpp>
#include <corka/partitioner.hpp>
#include <corka/record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <vector>

namespace corka::detail {

/// Bytes to send; a null value is a tombstone.
struct payload {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// Writes and reads a group's state; typed again by context<State>.
template <class State>
struct state_codec {
  virtual ~state_codec() = default;
  virtual void encode(const State& value, std::string& into) const = 0;
  [[nodiscard]] virtual State decode(std::string_view bytes) const = 0;
};

/// Tells apart what a loop carries.
template <class V, class Codec>
struct loop_of {};

class record_context {
 public:
  // The record; set before the callback runs, valid until it ends.
  const corka::record* record = nullptr;
  const topic_name* topic = nullptr;
  const group_name* group = nullptr;
  partition_id partition;
  /// A `state_codec<State>`; null for stateless groups.
  const void* state_codec = nullptr;
  /// Only for visitors: what the visit was begun with, of the declared type.
  const void* visit_meta = nullptr;

  /// The codec could not read the value; whoever looks at it resets it.
  bool undecodable = false;

  record_context() = default;
  record_context(const record_context&) = delete;
  record_context& operator=(const record_context&) = delete;

  /// Bytes of the key's row; valid until the next write of it.
  [[nodiscard]] virtual std::optional<std::string_view> row() = 0;
  virtual void set_row(std::string_view bytes, const emit_options& options) = 0;
  virtual void erase_row(const emit_options& options) = 0;

  /// Only for changes of a joined table: from here on `joined` gives what the record says. Returns the bytes that the
  /// row had before; valid as the record is.
  [[nodiscard]] virtual std::optional<std::string_view> begin_change() = 0;

  /// Bytes of the key's row in a joined table, and of any key's in a looked-up one; valid until the next call of either
  /// or the next suspension.
  [[nodiscard]] virtual std::optional<std::string_view> joined(const topic_name& table) = 0;
  [[nodiscard]] virtual std::optional<std::string_view> looked_up(const topic_name& table, std::string_view key) = 0;

  [[nodiscard]] virtual delivery emit(const topic_name& to, partitioner by, payload what,
                                      const emit_options& options) = 0;
  /// `value_type` is checked against what the loop was declared with.
  [[nodiscard]] virtual delivery emit_loop(std::type_index value_type, payload what, const emit_options& options) = 0;
  [[nodiscard]] virtual const std::vector<header_view>& headers() = 0;
  [[nodiscard]] virtual corka::executor executor() const = 0;
  [[nodiscard]] virtual const corka::logger& logger() const = 0;
  [[nodiscard]] virtual deferred defer() = 0;
  /// Time that only moves forwards, for durations.
  [[nodiscard]] virtual std::chrono::nanoseconds now() const = 0;

  /// What middleware adds to every emit of the callback that runs.
  std::vector<header> added_headers;

  /// An empty buffer to encode into; reused by the next call.
  [[nodiscard]] std::string& scratch() {
    scratch_.clear();
    return scratch_;
  }

  /// Room for the typed facade, so that a coroutine callback needs no frame of ours to keep it.
  template <class Facade>
  [[nodiscard]] Facade& facade() {
    static_assert(sizeof(Facade) <= sizeof(facade_) && std::is_trivially_destructible_v<Facade>);
    return *::new (static_cast<void*>(&facade_)) Facade{*this};
  }

 protected:
  ~record_context() = default;

 private:
  std::string scratch_;
  alignas(void*) std::byte facade_[sizeof(void*)]{};
};

}  // namespace corka::detail
