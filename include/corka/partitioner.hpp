// Which partition a key belongs to. Every reader and writer of a topic must use the same function.
#pragma once

#include <corka/ids.hpp>

#include <cstdint>
#include <string_view>

namespace corka {

enum class partitioner {
  fnv1a,    ///< goka's and Sarama's: 32-bit FNV-1a as int32, abs(h % n)
  murmur2,  ///< Java's default for records with a key: (murmur2(key) & 0x7fffffff) % n
};

/// FNV-1a, 32 bit (Fowler, Noll, Vo; draft-eastlake-fnv).
[[nodiscard]] std::uint32_t fnv1a_32(std::string_view bytes) noexcept;
/// MurmurHash2, 32 bit, with the seed 0x9747b28c that Kafka's Java client uses.
[[nodiscard]] std::uint32_t murmur2_32(std::string_view bytes) noexcept;

/// Partition of `key` in a topic with `partitions` partitions, which must be at least 1.
[[nodiscard]] partition_id partition_of(std::string_view key, std::int32_t partitions,
                                        partitioner p = partitioner::fnv1a) noexcept;

}  // namespace corka
