#include "query/assets.hpp"

#include "query/embedded_files.hpp"
#include "query/negotiation.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

namespace corka::query {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".woff2", "font/woff2"},
}};

/// Empty for what is not served.
std::string_view type_of(std::string_view name) {
  for (const auto& [end, type] : types) {
    if (name.ends_with(end)) return type;
  }
  return {};
}

std::string path_of(std::string_view name) {
  return name == "index.html" ? std::string{"/"} : fmt::format("/assets/{}", name);
}

std::vector<asset> assets_in(const fs::path& folder) {
  std::vector<asset> all;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator{folder, failed}) {
    const auto name = entry.path().lexically_relative(folder).generic_string();
    const auto type = type_of(name);
    if (!type.empty() && entry.is_regular_file()) all.push_back({path_of(name), type, {}, {}, entry.path()});
  }
  if (std::ranges::find(all, "/", &asset::path) == all.end()) {
    throw std::runtime_error{
        fmt::format("'{}' has no index.html: give the folder web/ of corka's sources", folder.string())};
  }
  std::ranges::sort(all, {}, &asset::path);
  return all;
}

std::optional<std::string> read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return {};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

http::response found(unsigned status, std::string_view tag) {
  http::response out{status};
  out.set("ETag", tag).set("Cache-Control", "no-cache");
  out.set(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  return out;
}

}  // namespace

std::vector<asset> assets(const fs::path& folder) {
  if (!folder.empty()) return assets_in(folder);
  std::vector<asset> all;
  for (const auto& f : embedded_files())
    all.push_back({path_of(f.name), type_of(f.name), f.bytes, entity_tag(f.bytes, ""), {}});
  return all;
}

http::response answer_asset(const asset& a, const http::request& r) {
  const auto asked = r.header("If-None-Match").value_or("");
  if (a.file.empty()) {
    const bool known = has_tag(asked, a.tag);
    auto out = found(known ? 304U : 200U, a.tag);
    if (!known) out.static_content(a.type, a.bytes);
    return out;
  }
  auto bytes = read(a.file);
  if (!bytes) {
    return http::problem{404, "file-gone", fmt::format("'{}' cannot be read any more", a.file.string())}.answer();
  }
  const auto tag = entity_tag(*bytes, "");
  const bool known = has_tag(asked, tag);
  auto out = found(known ? 304U : 200U, tag);
  if (!known) out.content(a.type, std::move(*bytes));
  return out;
}

}  // namespace corka::query
