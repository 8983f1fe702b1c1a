// Checksum of everything that the embedded broker writes.
#pragma once

#include <cstdint>
#include <string_view>

namespace corka::kafka::embedded {

/// CRC-32C (Castagnoli), as in RFC 3720. By the processor's instruction where it has one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

}  // namespace corka::kafka::embedded
