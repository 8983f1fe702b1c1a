#include <corka/partitioner.hpp>

#include <corka/error.hpp>

#include <cstddef>
#include <cstdlib>
#include <string>

namespace corka {

std::uint32_t fnv1a_32(std::string_view bytes) noexcept {
  std::uint32_t hash = 0x811c9dc5U;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x01000193U;
  }
  return hash;
}

std::uint32_t murmur2_32(std::string_view bytes) noexcept {
  constexpr std::uint32_t seed = 0x9747b28cU;
  constexpr std::uint32_t m = 0x5bd1e995U;
  const auto byte = [bytes](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };

  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8U | byte(i + 2) << 16U | byte(i + 3) << 24U;
    k *= m;
    k ^= k >> 24U;
    k *= m;
    hash *= m;
    hash ^= k;
  }
  switch (bytes.size() - i) {
    case 3: hash ^= byte(i + 2) << 16U; [[fallthrough]];
    case 2: hash ^= byte(i + 1) << 8U; [[fallthrough]];
    case 1:
      hash ^= byte(i);
      hash *= m;
      break;
    default: break;
  }
  hash ^= hash >> 13U;
  hash *= m;
  hash ^= hash >> 15U;
  return hash;
}

namespace {

partition_id of_hash(std::uint32_t hash, std::int32_t partitions) {
  // The remainder first: INT32_MIN has no absolute value.
  return partition_id{std::abs(static_cast<std::int32_t>(hash) % partitions)};
}

}  // namespace

partition_id partition_of(std::string_view key, std::int32_t partitions, const partitioner& p) {
  using kind = partitioner::kind;
  switch (p.kind_) {
    case kind::fnv1a: break;
    case kind::murmur2: return partition_id{static_cast<std::int32_t>(murmur2_32(key) & 0x7fffffffU) % partitions};
    case kind::hash: return of_hash(p.hash_(key), partitions);
    case kind::function: {
      const auto given = p.function_(key, partitions);
      if (given >= 0 && given < partitions) return partition_id{given};
      throw error{errc::invalid_option, "partitioner '" + std::string{p.name()} + "' gave partition " +
                                            std::to_string(given) + " of " + std::to_string(partitions) +
                                            ": it must give 0 to " + std::to_string(partitions - 1) + " for every key"};
    }
  }
  return of_hash(fnv1a_32(key), partitions);
}

}  // namespace corka
