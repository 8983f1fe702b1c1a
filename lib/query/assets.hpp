// The page's files, out of the program or from a folder.
#pragma once

#include <corka/http/router.hpp>

#include <filesystem>
#include <string_view>

namespace corka::query {

/// Adds the page at /, what it needs below /assets, and the API's description at /api/v1/openapi.json.
///
/// `folder`, unless empty, is where the page's files are read from each time, for working on them. Whoever accepts gzip
/// gets text compressed; who has a file, by its entity tag, gets 304.
/// @throws error{errc::invalid_option} where the folder has no index.html.
void route_assets(http::router& routes, const std::filesystem::path& folder = {});

/// "text/javascript; charset=utf-8" for "a/b.js"; by the name alone.
[[nodiscard]] std::string_view content_type_of(std::string_view path) noexcept;

}  // namespace corka::query
