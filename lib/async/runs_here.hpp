// Which thread this is.
#pragma once

#include <corka/task.hpp>

#include <optional>

namespace corka::async {

/// Whether the calling thread is running `ex` at this moment; nothing of executors that are no loop's.
[[nodiscard]] std::optional<bool> runs_here(const executor& ex);

}  // namespace corka::async
