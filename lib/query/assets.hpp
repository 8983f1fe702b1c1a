// The page's files, which are part of the program.
#pragma once

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <span>
#include <string>
#include <string_view>

namespace corka::query {

/// A file of web/. Life: that of the program.
struct asset {
  std::string_view path;  ///< where it is served
  std::string_view type;
  std::string_view bytes;
  std::string tag;
};

[[nodiscard]] std::span<const asset> assets();

/// The file, or 304 to those who have it.
[[nodiscard]] http::response answer_asset(const asset& a, const http::request& r);

}  // namespace corka::query
