#include "query/assets.hpp"

#include "query/embedded_files.hpp"
#include "query/negotiation.hpp"

#include <corka/error.hpp>
#include <corka/http/problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

using http::request;
using http::response;

/// How deep below web/ files may be.
constexpr std::size_t deepest = 5;

/// What browsers may do with a page, and with nothing that it loads from elsewhere.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Bytes with the ways in which they can be sent. Life: that of the program.
struct asset {
  std::string_view type;
  std::string_view bytes;
  std::string_view gzip;  ///< empty where it would save nothing
  std::string tag;
  std::string gzip_tag;
};

/// What a browser may show as a page: only there this policy has a meaning.
bool is_page(std::string_view type) { return type.starts_with("text/html") || type == "image/svg+xml"; }

response begin(std::string_view tag, std::string_view type, const request& r) {
  response out{has_tag(r.header("If-None-Match").value_or(""), tag) ? 304U : 200U};
  out.set("ETag", tag).set("Cache-Control", "no-cache");
  if (is_page(type)) out.set("Content-Security-Policy", policy);
  return out;
}

response answer(const asset& a, const request& r) {
  const bool small = !a.gzip.empty() && accepts_gzip(r.header("Accept-Encoding").value_or(""));
  auto out = begin(small ? a.gzip_tag : a.tag, a.type, r);
  if (!a.gzip.empty()) out.set("Vary", "Accept-Encoding");
  if (out.status() == 304) return out;
  if (small) out.set("Content-Encoding", "gzip");
  out.static_content(a.type, small ? a.gzip : a.bytes);
  return out;
}

asset make(const embedded_file& f) {
  asset a;
  a.type = content_type_of(f.path);
  a.bytes = f.bytes;
  // Fonts and pictures are compressed already.
  if (f.gzip.size() < f.bytes.size() / 10 * 9) a.gzip = f.gzip;
  a.tag = entity_tag(f.bytes, "");
  a.gzip_tag = entity_tag(f.bytes, "z");
  return a;
}

http::handler from_program(const embedded_file& f) {
  const auto a = std::make_shared<const asset>(make(f));
  return [a](request r) -> task<response> {
    return [](response given) -> task<response> { co_return given; }(answer(*a, r));
  };
}

response from_folder(const std::filesystem::path& folder, const std::vector<std::string>& segments, const request& r) {
  auto path = folder;
  for (const auto& segment : segments) {
    if (segment.empty() || segment.front() == '.' ||
        segment.find_first_of(std::string_view{"/\\\0", 3}) != std::string::npos)
      return http::problem{404, "path-unknown", "there is no such file"}.answer();
    path /= segment;
  }
  std::ifstream in{path, std::ios::binary};
  std::error_code failed;
  if (!in || !std::filesystem::is_regular_file(path, failed))
    return http::problem{404, "path-unknown", "there is no such file in the folder of --ui-dir"}.answer();
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  const auto type = content_type_of(path.native());
  auto out = begin(entity_tag(bytes, ""), type, r);
  if (out.status() == 200) out.content(type, std::move(bytes));
  return out;
}

http::handler from_folder(const std::filesystem::path& folder, std::size_t depth) {
  return [folder, depth](request r) -> task<response> {
    std::vector<std::string> segments;
    for (std::size_t i = 0; i < depth; ++i) segments.push_back(r.path_parameters[i].value);
    if (depth == 0) segments.emplace_back("index.html");
    return [](response given) -> task<response> { co_return given; }(from_folder(folder, segments, r));
  };
}

}  // namespace

std::string_view content_type_of(std::string_view path) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> types{{
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".webmanifest", "application/manifest+json"},
      {".txt", "text/plain; charset=utf-8"},
  }};
  const auto found = std::ranges::find_if(types, [&](const auto& t) { return path.ends_with(t.first); });
  if (found != types.end()) return found->second;
  // Licences have no ending.
  const auto name = path.substr(path.rfind('/') + 1);
  return name.find('.') == std::string_view::npos ? "text/plain; charset=utf-8" : "application/octet-stream";
}

void route_assets(http::router& routes, const std::filesystem::path& folder) {
  const auto all = embedded_files();
  const auto description = std::ranges::find(all, "openapi.json", &embedded_file::path);
  routes.get("/api/v1/openapi.json", from_program(*description));
  if (folder.empty()) {
    for (const auto& f : all) {
      if (&f == &*description) continue;
      routes.get(f.path == "index.html" ? std::string{"/"} : fmt::format("/assets/{}", f.path), from_program(f));
    }
    return;
  }
  std::error_code failed;
  if (!std::filesystem::is_regular_file(folder / "index.html", failed)) {
    throw error{
        errc::invalid_option,
        fmt::format("--ui-dir: '{}' has no index.html: give the folder web/ of corka's sources", folder.string())};
  }
  routes.get("/", from_folder(folder, 0));
  std::string pattern = "/assets";
  for (std::size_t depth = 1; depth <= deepest; ++depth) {
    pattern += fmt::format("/{{s{}}}", depth);
    routes.get(pattern, from_folder(folder, depth));
  }
}

}  // namespace corka::query
