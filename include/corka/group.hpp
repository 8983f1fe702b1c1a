// The declaration of a group, typed.
#pragma once

#include <corka/codec.hpp>
#include <corka/context.hpp>
#include <corka/declaration.hpp>
#include <corka/detail/borrows.hpp>
#include <corka/json.hpp>
#include <corka/middleware.hpp>
#include <corka/stream.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace corka {

namespace detail {

template <class State>
struct default_state_codec {
  using type = default_codec<State>;
};
template <>
struct default_state_codec<void> {
  using type = void;
};

/// What the callback is called with: optional values mean that it wants tombstones too.
template <class F, class State, class V>
concept takes_optional = std::invocable<const F&, context<State>&, std::optional<V>>;
template <class F, class State, class V>
concept takes_value = std::invocable<const F&, context<State>&, V>;
template <class F, class State, class V>
concept callback_for = takes_value<F, State, V> || takes_optional<F, State, V>;

template <class State, class V, class Codec, class F>
class typed_handler final : public record_handler {
 public:
  static constexpr bool optional = takes_optional<F, State, V>;
  using argument = std::conditional_t<optional, std::optional<V>, V>;
  using result = std::invoke_result_t<const F&, context<State>&, argument>;
  static constexpr bool coroutine = std::is_same_v<result, task<>>;
  static_assert(coroutine || std::is_void_v<result>,
                "a callback is void(context<State>&, V) or corka::task<>(context<State>&, V)");
  static_assert(!coroutine || !borrows<1, F, context<State>, argument>(),
                "a coroutine callback takes V itself: a reference would be to nothing after the first co_await");

  typed_handler(Codec codec, F callback)
      : record_handler{coroutine}, codec_{std::move(codec)}, callback_{std::move(callback)} {}

  void call(record_context& core) const override {
    if constexpr (!coroutine) callback_(core.facade<context<State>>(), decode(core));
  }
  task<> start(record_context& core) const override {
    if constexpr (coroutine) {
      return callback_(core.facade<context<State>>(), decode(core));
    } else {
      call(core);
      return {};
    }
  }

 private:
  [[nodiscard]] argument decode(record_context& core) const {
    if constexpr (optional) {
      if (core.record->tombstone) return std::nullopt;
    }
    try {
      return codec_.decode(core.record->value);
    } catch (...) {
      core.undecodable = true;
      throw;
    }
  }

  Codec codec_;
  F callback_;
};

/// What reads a visit's `Meta` from JSON, as by HTTP; empty where it has no conversion (the codec's, corka/json.hpp).
template <class Meta>
[[nodiscard]] std::function<std::shared_ptr<const void>(std::string_view)> meta_from_json() {
  if constexpr (requires(const nlohmann::json& j) { j.template get<Meta>(); }) {
    return [](std::string_view text) -> std::shared_ptr<const void> {
      return std::make_shared<const Meta>(nlohmann::json::parse(text).template get<Meta>());
    };
  } else {
    return {};
  }
}

template <class F, class State, class Meta>
concept visitor_for = std::invocable<const F&, context<State>&, const Meta&>;

template <class State, class Meta, class F>
class typed_visitor final : public record_handler {
 public:
  using result = std::invoke_result_t<const F&, context<State>&, const Meta&>;
  static constexpr bool coroutine = std::is_same_v<result, task<>>;
  static_assert(coroutine || std::is_void_v<result>,
                "a visitor is void(context<State>&, Meta) or corka::task<>(context<State>&, Meta)");

  explicit typed_visitor(F callback) : record_handler{coroutine}, callback_{std::move(callback)} {}

  void call(record_context& core) const override {
    if constexpr (!coroutine) callback_(core.facade<context<State>>(), *static_cast<const Meta*>(core.visit_meta));
  }
  task<> start(record_context& core) const override {
    if constexpr (coroutine) {
      return callback_(core.facade<context<State>>(), *static_cast<const Meta*>(core.visit_meta));
    } else {
      call(core);
      return {};
    }
  }

 private:
  F callback_;
};

template <class F, class State, class V>
concept change_callback_for = std::invocable<const F&, context<State>&, std::optional<V>, std::optional<V>>;

template <class State, class V, class Codec, class F>
class typed_change_handler final : public record_handler {
 public:
  using result = std::invoke_result_t<const F&, context<State>&, std::optional<V>, std::optional<V>>;
  static constexpr bool coroutine = std::is_same_v<result, task<>>;
  static_assert(coroutine || std::is_void_v<result>,
                "a callback of changes is void(context<State>&, std::optional<V> old, std::optional<V> now) or "
                "corka::task<>(context<State>&, std::optional<V> old, std::optional<V> now)");
  static_assert(
      !coroutine || !borrows<1, F, context<State>, std::optional<V>, std::optional<V>>(),
      "a coroutine callback of changes takes both values themselves: references would be to nothing after the "
      "first co_await");

  typed_change_handler(Codec codec, F callback)
      : record_handler{coroutine}, codec_{std::move(codec)}, callback_{std::move(callback)} {}

  void call(record_context& core) const override {
    if constexpr (!coroutine) {
      auto [old, now] = decode(core);
      callback_(core.facade<context<State>>(), std::move(old), std::move(now));
    }
  }
  task<> start(record_context& core) const override {
    if constexpr (coroutine) {
      auto [old, now] = decode(core);
      return callback_(core.facade<context<State>>(), std::move(old), std::move(now));
    } else {
      call(core);
      return {};
    }
  }

 private:
  [[nodiscard]] std::pair<std::optional<V>, std::optional<V>> decode(record_context& core) const {
    std::pair<std::optional<V>, std::optional<V>> values;
    const auto before = core.begin_change();
    try {
      if (before) values.first.emplace(codec_.decode(*before));
      if (!core.record->tombstone) values.second.emplace(codec_.decode(core.record->value));
    } catch (...) {
      core.undecodable = true;
      throw;
    }
    return values;
  }

  Codec codec_;
  F callback_;
};

template <class State, class Codec>
class typed_state_codec final : public state_codec<State> {
 public:
  explicit typed_state_codec(Codec codec) : codec_{std::move(codec)} {}
  void encode(const State& value, std::string& into) const override { codec_.encode(value, into); }
  [[nodiscard]] State decode(std::string_view bytes) const override { return codec_.decode(bytes); }

 private:
  Codec codec_;
};

}  // namespace detail

/// What a group of processors does: which topics it reads with which callbacks, its state, and where it writes.
///
/// `State` is what the group keeps per key, in the topic `<group>-table` and a local copy; `void`: nothing. Callbacks
/// are plain functions `void(context<State>&, V)` or coroutines `task<>(context<State>&, V)`; function objects are
/// called from several threads at once, for different partitions. With `std::optional<V>` they also see tombstones;
/// else those are passed over.
///
/// Life: a value; a processor takes a copy. Function objects live as long as the last copy, so a coroutine lambda may
/// use what it captures by value after its awaits, too; what it captures by reference outlives the run. Threads: none.
/// Errors: kept until validation, which lists them all at once.
template <class State = void, class Codec = typename detail::default_state_codec<State>::type>
class group {
 public:
  static constexpr bool stateful = !std::is_void_v<State>;
  static_assert(!stateful || codec_for<Codec, State>,
                "corka: the codec does not encode and decode values of the group's state");

  explicit group(std::string name, group_options options = {}) {
    made_.name = group_name{std::move(name)};
    made_.options = std::move(options);
    if constexpr (stateful) declare_table(Codec{});
  }
  /// With a codec that has options of its own.
  group(std::string name, group_options options, std::type_identity_t<std::conditional_t<stateful, Codec, int>> codec)
    requires stateful
  {
    made_.name = group_name{std::move(name)};
    made_.options = std::move(options);
    declare_table(std::move(codec));
  }

  /// Calls `callback` for each record of `from`. Inputs must have the same number of partitions, each topic once.
  template <class V, class C, detail::callback_for<State, V> F>
  group& input(const stream<V, C>& from, F callback, const input_options& options = {}) {
    made_.inputs.push_back(
        edge(from.topic(), from.codec(), from.partition_by(), std::type_identity<V>{}, std::move(callback), options));
    if (made_.loop) made_.loop->partition_by = partition_by();
    return *this;
  }

  /// Calls `callback` for what this group's callbacks send with `ctx.loop(key, V)`. At most one. Its keys go to
  /// partitions as those of the inputs do.
  template <class V, class C = default_codec<V>, detail::callback_for<State, V> F>
  group& loop(F callback, C codec = {}, const input_options& options = {}) {
    ++made_.loops_declared;
    made_.loop_type = std::type_index{typeid(detail::loop_of<V, C>)};
    made_.loop = edge(topic_name{made_.name.str() + made_.options.loop_suffix}, codec, partition_by(),
                      std::type_identity<V>{}, std::move(callback), options);
    return *this;
  }
  /// The same with the default codec.
  template <class V, detail::callback_for<State, V> F>
  group& loop(F callback, const input_options& options) {
    return loop<V, default_codec<V>>(std::move(callback), {}, options);
  }

  /// What becomes of records that cannot be decoded, processed, or whose results cannot be delivered; without it the
  /// processor stops. The last call counts.
  group& on_failure(failure_policies policies) {
    made_.failures = std::move(policies);
    return *this;
  }

  /// Allows `ctx.emit(to, ...)`.
  template <class V, class C>
  group& output(const stream<V, C>& to) {
    made_.outputs.push_back({to.topic(), std::string{to.codec().name()}, to.partition_by()});
    return *this;
  }

  /// Declares `callback` to be run over the rows of the group table by `processor::visit(name, meta)`. It is
  /// `void(context<State>&, Meta)` or a coroutine; a reference to the `Meta` stays valid until the visit has ended.
  template <class Meta, detail::visitor_for<State, Meta> F>
  group& visitor(std::string name, F callback)
    requires stateful
  {
    made_.visitors.push_back({topic_name{std::move(name)}, std::type_index{typeid(Meta)},
                              std::make_shared<const detail::typed_visitor<State, Meta, F>>(std::move(callback)),
                              detail::meta_from_json<Meta>()});
    return *this;
  }

  /// Runs `around` for every callback of the group, of inputs, loop and visitors: it is called with the
  /// `invocation&` before the callback, and may return a function that is called with the `outcome&` after it. The
  /// first one declared is the outermost. Called from several threads at once, for different partitions. Plain
  /// callbacks stay plain; coroutines get one more frame.
  template <detail::middleware_function F>
  group& use(F around) {
    made_.middlewares.push_back(std::make_shared<const detail::typed_middleware<F>>(std::move(around)));
    return *this;
  }

  /// Allows `ctx.join(with)`: the row of the record's key. The table must have as many partitions as the inputs and the
  /// same partitioner; each member keeps those that belong to its own. It may be an input as well, with another codec.
  ///
  /// A partition's rows are there, as of its assignment at least, before its first callback runs, and follow the table
  /// from then on, at their own pace: a row may be newer than the record, as tables are. `update`, if given, transforms
  /// or filters what the copy stores.
  template <class V, class C>
  group& join(const corka::table<V, C>& with, update_rule update = {}) {
    made_.joins.push_back({with.topic(), std::string{with.codec().name()}, with.partition_by(), std::move(update)});
    return *this;
  }

  /// Calls `callback` for each change of a row of `of`, which the group joins: `void(context<State>&, std::optional<V>
  /// old, std::optional<V> now)` or a coroutine; nothing is no row. The context is that of the row's key: its state may
  /// be read, set and erased; topic, offset and timestamp are those of the table's record. Records that leave the row
  /// as it was are no change; an update rule's rows are what is compared.
  ///
  /// Order: that of the table's records, one after another, between the group's own records in slices. A record of the
  /// same key never overlaps with a change; before it `ctx.join(of)` gives `old`, from its callback on `now`.
  ///
  /// Guarantee: each change at least once. How far the changes are called is committed with the group's offsets; a
  /// partition goes on there, before its first record, wherever it runs next. A group that has no position yet, and no
  /// local copy of the table, begins with the table as it is: that calls nothing. After a crash changes whose writes
  /// were not acknowledged, or not committed yet, are called again. `old` is what the local copy has; where the copy
  /// has to be read anew, what compaction has left. Of a table that was deleted and made again nothing is called
  /// until it has been read.
  ///
  /// What it throws goes to the group's failure policies. Standbys keep no copy of such a table: it must not be ahead
  /// of the callbacks. The table cannot be an input as well, whose callback sees each record anyway.
  template <class V, class C, detail::change_callback_for<State, V> F>
  group& on_change(const corka::table<V, C>& of, F callback) {
    using handler = detail::typed_change_handler<State, V, C, F>;
    input_edge made;
    made.topic = of.topic();
    made.codec = of.codec().name();
    made.partition_by = of.partition_by();
    made.tombstones = true;
    made.handler = std::make_shared<const handler>(of.codec(), std::move(callback));
    made_.changes.push_back(std::move(made));
    return *this;
  }

  /// Allows `ctx.lookup(in, key)`: the row of any key. The table may have any number of partitions; each process keeps
  /// all of it, or what `update` leaves of it, and the first callback runs when it is there.
  template <class V, class C>
  group& lookup(const corka::table<V, C>& in, update_rule update = {}) {
    made_.lookups.push_back({in.topic(), std::string{in.codec().name()}, in.partition_by(), std::move(update)});
    return *this;
  }

  /// Handle of the group's own table, for HTTP lookups, views and other groups; once the inputs are declared, whose
  /// partitioner is the table's.
  [[nodiscard]] corka::table<State, Codec> table() const
    requires stateful
  {
    return corka::table<State, Codec>{made_.table->topic.str(), *codec_, partition_by()};
  }

  [[nodiscard]] const declaration& declared() const noexcept { return made_; }
  /// One line an edge.
  [[nodiscard]] std::vector<std::string> describe() const { return made_.describe(); }

 private:
  [[nodiscard]] partitioner partition_by() const {
    return made_.inputs.empty() ? partitioner{} : made_.inputs.front().partition_by;
  }
  template <class V, class C, class F>
  [[nodiscard]] static input_edge edge(topic_name topic, const C& codec, partitioner by, std::type_identity<V>,
                                       F callback, const input_options& options) {
    using handler = detail::typed_handler<State, V, C, F>;
    return {std::move(topic),
            std::string{codec.name()},
            by,
            handler::optional,
            std::make_shared<const handler>(codec, std::move(callback)),
            options.concurrency};
  }

  template <class C>
  void declare_table(C codec) {
    table_edge own;
    own.topic = topic_name{made_.name.str() + made_.options.table_suffix};
    own.codec = codec.name();
    own.state_codec = std::shared_ptr<const detail::state_codec<State>>{
        std::make_shared<const detail::typed_state_codec<State, C>>(codec)};
    own.to_json = [codec](std::string_view bytes) { return detail::row_to_json(codec, bytes); };
    made_.table = std::move(own);
    codec_ = std::move(codec);
  }

  declaration made_;
  std::optional<std::conditional_t<stateful, Codec, int>> codec_;
};

}  // namespace corka
