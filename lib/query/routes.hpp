// Everything that a program shows of itself by HTTP.
#pragma once

#include "query/monitor.hpp"
#include "query/ports.hpp"

#include <corka/http/router.hpp>

#include <filesystem>

namespace corka::query {

class across_instances;

struct route_options {
  /// Where the page's files are read from each time, for working on them; empty: they are part of the program.
  std::filesystem::path ui_dir{};
  /// Whether /metrics has samples of single partitions.
  bool partition_metrics = true;
  /// Answers for other instances too, and adds /api/v1/cluster; null: what is here is all there is.
  across_instances* across = nullptr;
};

/// Adds the page at /, the API below /api/v1, /metrics, /healthz and /readyz to `routes`.
///
/// Life: `from`, `by` and `options.across` outlive the router. Strand: handlers on `by`'s. Errors: what `from` throws
/// is answered 500.
/// @throws error{errc::invalid_option} for a folder without the page.
void route_all(http::router& routes, const source& from, monitor& by, const route_options& options = {});

}  // namespace corka::query
