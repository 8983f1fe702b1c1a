// Which partition a key belongs to. Every reader and writer of a topic must use the same function.
#pragma once

#include <corka/ids.hpp>

#include <cstdint>
#include <string_view>

namespace corka {

/// Which partition a key goes to: one of the built-in functions, or one of the program's own.
///
/// A plain value of three words; the built-in ones are found without a call through a pointer. Own functions depend on
/// nothing but their arguments and are called from any thread:
///
///     constexpr corka::partitioner by_country{"by-country", [](std::string_view key, std::int32_t partitions) {
///       return static_cast<std::int32_t>(corka::fnv1a_32(key.substr(0, 2)) % static_cast<std::uint32_t>(partitions));
///     }};
///     const corka::stream<order> orders{"orders", {}, by_country};
///
/// The name stands for the function: in descriptions, and where readers and writers of one topic are compared. A
/// processor, view or emitter that names another one for a topic than the program already runs with is refused.
class partitioner {
 public:
  /// Gives 0 to `partitions` - 1; `partitions` is at least 1.
  using function = std::int32_t (*)(std::string_view key, std::int32_t partitions);
  /// A hash of which goka's rule makes a partition: abs(h as int32 % partitions). What goka calls a hasher.
  using hash = std::uint32_t (*)(std::string_view key);

  /// goka's and Sarama's: 32-bit FNV-1a as int32, abs(h % n). The default.
  static const partitioner fnv1a;
  /// Java's default for records with a key: (murmur2(key) & 0x7fffffff) % n.
  static const partitioner murmur2;

  constexpr partitioner() noexcept = default;
  /// `name` outlives every use: a literal.
  constexpr partitioner(const char* name, function f) noexcept : name_{name}, function_{f}, kind_{kind::function} {}
  constexpr partitioner(const char* name, hash f) noexcept : name_{name}, hash_{f}, kind_{kind::hash} {}

  [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }
  /// The same name is the same function.
  friend constexpr bool operator==(const partitioner& a, const partitioner& b) noexcept { return a.name() == b.name(); }

 private:
  friend partition_id partition_of(std::string_view key, std::int32_t partitions, const partitioner& p);
  enum class kind : std::uint8_t { fnv1a, murmur2, function, hash };
  constexpr partitioner(const char* name, kind k) noexcept : name_{name}, kind_{k} {}

  const char* name_ = "fnv1a";
  union {
    function function_ = nullptr;
    hash hash_;
  };
  kind kind_ = kind::fnv1a;
};

inline constexpr partitioner partitioner::fnv1a{"fnv1a", kind::fnv1a};
inline constexpr partitioner partitioner::murmur2{"murmur2", kind::murmur2};

/// FNV-1a, 32 bit (Fowler, Noll, Vo; draft-eastlake-fnv).
[[nodiscard]] std::uint32_t fnv1a_32(std::string_view bytes) noexcept;
/// MurmurHash2, 32 bit, with the seed 0x9747b28c that Kafka's Java client uses.
[[nodiscard]] std::uint32_t murmur2_32(std::string_view bytes) noexcept;

/// Partition of `key` in a topic with `partitions` partitions, which must be at least 1.
/// @throws error{errc::invalid_option} where a function of the program gives a partition that there is not.
[[nodiscard]] partition_id partition_of(std::string_view key, std::int32_t partitions,
                                        const partitioner& p = partitioner::fnv1a);

}  // namespace corka
