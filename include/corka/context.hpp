// What a callback sees of the record, of its key's state, and of the topics it may write to.
#pragma once

#include <corka/detail/record_context.hpp>
#include <corka/error.hpp>
#include <corka/record_time.hpp>
#include <corka/stream.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <vector>

namespace corka {

namespace detail {

[[noreturn]] void throw_callback_failure(std::string_view message);

/// The codec of a looped value; a tombstone has none, and must not be asked for one.
template <class V>
struct loop_codec {
  using type = default_codec<V>;
};
template <>
struct loop_codec<tombstone_t> {
  using type = void;
};

/// The part that does not depend on the group's state.
class basic_context {
 public:
  explicit basic_context(record_context& core) : core_{&core} {}

  /// Key of the record. Valid until the callback ends, as every view from here.
  [[nodiscard]] std::string_view key() const { return core_->record->key; }
  /// The record's topic; for visitors their name.
  [[nodiscard]] const topic_name& topic() const { return *core_->topic; }
  [[nodiscard]] partition_id partition() const { return core_->partition; }
  /// -1 for visitors.
  [[nodiscard]] corka::offset offset() const { return core_->record->at; }
  [[nodiscard]] const group_name& group() const { return *core_->group; }
  /// The record's, as its producer or broker set it; for visitors the present. What is beyond the clock, which ends in
  /// 2262, is the clock's end; a record that has none: a millisecond before 1970.
  [[nodiscard]] std::chrono::system_clock::time_point timestamp() const {
    return record_time{core_->record->timestamp_ms}.on_clock();
  }
  /// The same exactly, in milliseconds since 1970; -1 where the record has none.
  [[nodiscard]] std::int64_t timestamp_ms() const { return core_->record->timestamp_ms; }
  /// In the order they were sent; names may repeat.
  [[nodiscard]] const std::vector<header_view>& headers() const { return core_->headers(); }
  /// Value of the last header with this name: what is added later overrides. Nothing if there is none, or if it has no
  /// value; `headers()` tells these apart.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    const auto* found = find_header(core_->headers(), name);
    return found != nullptr ? found->value : std::nullopt;
  }

  /// The row of this record's key in a joined table, as it is now: after a `co_await` it may be another. Does not
  /// suspend: rows were fetched with the batch.
  /// @throws error{errc::not_declared} if the group does not join it.
  template <class V, class C>
  [[nodiscard]] std::optional<V> join(const table<V, C>& with) const {
    const auto bytes = core_->joined(with.topic());
    if (!bytes) return std::nullopt;
    return with.codec().decode(*bytes);
  }
  /// The row of any key in a looked-up table, as it is now. Does not suspend, but reads the local copy: it may wait for
  /// the disk.
  /// @throws error{errc::not_declared} if the group does not look up in it.
  template <class V, class C>
  [[nodiscard]] std::optional<V> lookup(const table<V, C>& in, std::string_view key) const {
    const auto bytes = core_->looked_up(in.topic(), key);
    if (!bytes) return std::nullopt;
    return in.codec().decode(*bytes);
  }

  /// Hands a record to the producer: never blocks, never drops. The input record is committed only after it is
  /// acknowledged.
  /// @throws error{errc::not_declared} if the group has no such output.
  template <class V, class C>
  delivery emit(const stream<V, C>& to, std::string_view key, const std::type_identity_t<V>& value,
                const emit_options& options = {}) {
    auto& bytes = core_->scratch();
    to.codec().encode(value, bytes);
    return core_->emit(to.topic(), to.partition_by(), {key, bytes}, options);
  }
  /// The same without a value.
  template <class V, class C>
  delivery emit(const stream<V, C>& to, std::string_view key, tombstone_t, const emit_options& options = {}) {
    return core_->emit(to.topic(), to.partition_by(), {key, std::nullopt}, options);
  }

  /// Sends a record to this group itself, under any key; `V` is what `group::loop` was declared with.
  template <class V, class Codec = typename loop_codec<V>::type>
  delivery loop(std::string_view key, const V& value, const emit_options& options = {}) {
    auto& bytes = core_->scratch();
    Codec{}.encode(value, bytes);
    return core_->emit_loop(std::type_index{typeid(loop_of<V, Codec>)}, {key, bytes}, options);
  }
  delivery loop(std::string_view key, tombstone_t, const emit_options& options = {}) {
    return core_->emit_loop(std::type_index{typeid(tombstone_t)}, {key, std::nullopt}, options);
  }

  /// Keeps the record from being done until the handle is completed, from wherever; see corka::deferred.
  [[nodiscard]] deferred defer() { return core_->defer(); }

  /// Ends the callback with an error; the group's failure policy decides what follows. Nothing is committed past the
  /// record.
  [[noreturn]] void fail(std::string_view message) const { throw_callback_failure(message); }

  /// Where coroutine callbacks run: the partition's strand.
  [[nodiscard]] corka::executor executor() const { return core_->executor(); }
  [[nodiscard]] const corka::logger& logger() const { return core_->logger(); }

 protected:
  record_context* core_;
};

}  // namespace detail

/// A record's context in a group with state `State`.
///
/// Life: until the callback ends; a coroutine may keep a reference across its awaits. Strand: the partition's.
/// Errors: thrown; what a callback does not catch goes to the failure policy.
template <class State = void>
class context : public detail::basic_context {
 public:
  using detail::basic_context::basic_context;

  /// State of the key, own earlier writes included. Does not suspend: the row was fetched with the batch.
  [[nodiscard]] std::optional<State> value() const {
    const auto bytes = core_->row();
    if (!bytes) return std::nullopt;
    return codec().decode(*bytes);
  }
  /// Writes state and changelog as one.
  void set(const State& value) { set(value, no_options); }
  /// With headers, or a timestamp, of its own on the changelog record; after the processor's default headers.
  void set(const State& value, const emit_options& options) {
    auto& bytes = core_->scratch();
    codec().encode(value, bytes);
    core_->set_row(bytes, options);
  }
  /// Removes the row; a tombstone goes to the changelog.
  void erase() { core_->erase_row(no_options); }
  void erase(const emit_options& options) { core_->erase_row(options); }

 private:
  static inline const emit_options no_options{};

  [[nodiscard]] const detail::state_codec<State>& codec() const {
    return *static_cast<const detail::state_codec<State>*>(core_->state_codec);
  }
};

/// A record's context in a stateless group.
template <>
class context<void> : public detail::basic_context {
 public:
  using detail::basic_context::basic_context;
};

}  // namespace corka
