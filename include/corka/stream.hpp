// Typed handles of topics.
#pragma once

#include <corka/codec.hpp>
#include <corka/ids.hpp>
#include <corka/partitioner.hpp>

#include <string>
#include <utility>

namespace corka {

namespace detail {

/// What stream and table handles have in common: a topic, how its values are written, where its keys go.
template <class Value, class Codec>
class topic_handle {
  static_assert(codec_for<Codec, Value>, "corka: the codec does not encode and decode values of the handle's type");

 public:
  using value_type = Value;
  using codec_type = Codec;

  explicit topic_handle(std::string topic, Codec codec = {}, partitioner by = partitioner::fnv1a)
      : topic_{std::move(topic)}, codec_{std::move(codec)}, by_{by} {}

  [[nodiscard]] const topic_name& topic() const noexcept { return topic_; }
  [[nodiscard]] const Codec& codec() const noexcept { return codec_; }
  [[nodiscard]] corka::partitioner partition_by() const noexcept { return by_; }

 private:
  topic_name topic_;
  Codec codec_;
  corka::partitioner by_;
};

}  // namespace detail

/// A topic of events whose values are `Value`. A plain value: copy it, keep it in a constant.
template <class Value, class Codec = default_codec<Value>>
class stream : public detail::topic_handle<Value, Codec> {
 public:
  using detail::topic_handle<Value, Codec>::topic_handle;
};

/// A compacted topic: the latest value of each key. `group::table()` gives the handle of a group's own.
template <class Value, class Codec = default_codec<Value>>
class table : public detail::topic_handle<Value, Codec> {
 public:
  using detail::topic_handle<Value, Codec>::topic_handle;
};

/// Stands for "no value": emitting it deletes the key in compacted topics.
struct tombstone_t {
  explicit tombstone_t() = default;
};
inline constexpr tombstone_t tombstone{};

}  // namespace corka
