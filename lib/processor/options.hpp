// Ranges of processor options.
#pragma once

#include <corka/processor.hpp>

namespace corka::processor_parts {

/// @throws error{errc::invalid_option} that lists every option out of range, with its range.
void check(const processor_options& options);

}  // namespace corka::processor_parts
