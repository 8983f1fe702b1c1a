// Puts a runtime together out of the implementations that its options name.
#pragma once

#include "processor/runtime_core.hpp"

#include <corka/runtime.hpp>

#include <memory>

namespace corka {

/// The only place that names transports and stores.
/// @throws error{errc::invalid_option, errc::store_in_use, errc::store_failed}.
[[nodiscard]] std::shared_ptr<runtime_core> compose(runtime_options options);

}  // namespace corka
