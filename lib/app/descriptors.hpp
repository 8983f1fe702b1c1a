// File descriptors for HTTP connections.
#pragma once

#include <cstdint>

namespace corka::app_parts {

/// Descriptors that a program needs beside its HTTP connections: local copies, the embedded broker's log, Kafka.
constexpr std::uint64_t other_descriptors = 512;

/// What the soft limit of open files has to be for so many connections, at least `soft`.
/// @throws error{errc::invalid_option} if `hard` does not allow it.
[[nodiscard]] std::uint64_t files_for(std::uint64_t connections, std::uint64_t soft, std::uint64_t hard);

/// Raises this process's soft limit of open files where so many connections need it.
/// @throws error{errc::invalid_option} if the hard limit does not allow it.
void allow_files_for(std::uint64_t connections);

}  // namespace corka::app_parts
