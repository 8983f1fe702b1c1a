// Writes to a stream from code outside a group.
#pragma once

#include <corka/delivery.hpp>
#include <corka/service.hpp>
#include <corka/stream.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace corka {

struct emitter_options {
  /// Sent with every record, before its own headers.
  std::vector<header> headers{};
  /// Makes the topic if it is missing, with this many partitions; 0: it must exist.
  std::int32_t create_with_partitions = 0;
  /// Settings of the topic if it is made (Kafka's names); tables are compacted unless these say otherwise.
  std::map<std::string, std::string> create_config{};
  std::map<std::string, std::string> kafka_properties{};
  /// How long records may wait for company; 0: sent at once.
  std::chrono::milliseconds linger{5};
  /// `ready` waits while more than this is on its way.
  std::size_t buffer_records = 50'000;
  /// How long `stop` waits for the broker to take what was emitted; what it has not acknowledged by then fails.
  std::chrono::milliseconds stop_deadline{10'000};
};

namespace detail {

class emitter_core;

/// A record sent by an emitter; may be kept and awaited later, on any strand, once.
class emitted {
 public:
  struct state;
  explicit emitted(std::shared_ptr<state> s) : state_{std::move(s)} {}
  /// Where the record is. @throws error{errc::delivery_failed, errc::record_too_large, errc::stopped}.
  [[nodiscard]] task<record_position> acked() const;

 private:
  std::shared_ptr<state> state_;
};

/// The untyped emitter.
class basic_emitter : public service {
 public:
  basic_emitter(topic_name topic, partitioner by, emitter_options options);
  ~basic_emitter() override;

  /// Connects, and returns after `stop` once all that was sent is acknowledged or has failed.
  [[nodiscard]] task<> run(runtime& on) override;
  void stop() noexcept override;

  /// Returns once the emitter is connected and its buffer has room. @throws error{errc::stopped}.
  [[nodiscard]] task<> ready();
  /// Returns once everything sent so far is acknowledged or has failed; failures are thrown.
  [[nodiscard]] task<> flush();
  /// What the topic holds, partition by partition: with `partition_of` the way to go on where an earlier run stopped.
  /// Waits for the connection. @throws error{errc::stopped}.
  [[nodiscard]] task<std::vector<offset_range>> written();
  [[nodiscard]] const topic_name& topic() const noexcept;

 protected:
  emitted send(std::string_view key, std::optional<std::string_view> value, const emit_options& options);

 private:
  std::shared_ptr<emitter_core> core_;
};

}  // namespace detail

/// Typed producer for one stream or table: idempotent, acknowledged by all replicas in sync.
///
/// Life: outlives `run`; may be run again. Threads: `emit` and `stop` from any. Strand: `ready`, `flush` and `acked`
/// may be awaited on any. Order: records emitted by one thread to one key keep their order. Errors: encoding errors are
/// thrown by `emit`; delivery errors come out of `acked` and `flush`. A lost broker is none: records wait for it.
template <class V, class Codec = default_codec<V>>
class emitter final : public detail::basic_emitter {
 public:
  explicit emitter(stream<V, Codec> to, emitter_options options = {})
      : basic_emitter{to.topic(), to.partition_by(), std::move(options)}, to_{std::move(to)} {}
  explicit emitter(const table<V, Codec>& to, emitter_options options = {})
      : basic_emitter{to.topic(), to.partition_by(), compacted(std::move(options))},
        to_{to.topic().str(), to.codec(), to.partition_by()} {}

  /// Hands the record over and returns at once; before `run` and after `stop` it fails with errc::stopped through
  /// `acked`.
  detail::emitted emit(std::string_view key, const V& value, const emit_options& options = {}) {
    std::string bytes;
    to_.codec().encode(value, bytes);
    return send(key, bytes, options);
  }
  detail::emitted emit(std::string_view key, tombstone_t, const emit_options& options = {}) {
    return send(key, std::nullopt, options);
  }

 private:
  static emitter_options compacted(emitter_options options) {
    options.create_config.try_emplace("cleanup.policy", "compact");
    return options;
  }

  stream<V, Codec> to_;
};

}  // namespace corka
