// The dashboard's files: part of the program, or read from a folder while somebody works on them.
#pragma once

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace corka::query {

/// A file of web/.
struct asset {
  std::string path;        ///< where it is served: "/" is index.html, all others are below /assets/
  std::string_view type;   ///< Life: that of the program, as of `bytes`.
  std::string_view bytes;  ///< as the program carries it; empty where `file` is read instead
  std::string tag;
  std::filesystem::path file;
};

/// What the program carries; or, where `folder` is given, the files that are in it now, each read again for every
/// answer.
/// @throws std::runtime_error where the folder has no index.html.
[[nodiscard]] std::vector<asset> assets(const std::filesystem::path& folder = {});

/// The file, or 304 to those who have it.
[[nodiscard]] http::response answer_asset(const asset& a, const http::request& r);

}  // namespace corka::query
