#include "query/assets.hpp"

#include "query/negotiation.hpp"

#include <array>

// The assembler copies a file into the program: no build step writes megabytes of array literals, and the page stays a
// set of plain files. CORKA_WEB_DIR is set by the layer's CMakeLists.txt, which also rebuilds this when a file changes.
#define CORKA_EMBED(name, file)                                \
  __asm__(                                                     \
      ".section .rodata.corka_web,\"a\",@progbits\n"           \
      ".hidden corka_web_" #name                               \
      "\n"                                                     \
      ".hidden corka_web_" #name                               \
      "_end\n"                                                 \
      ".global corka_web_" #name                               \
      "\n"                                                     \
      ".global corka_web_" #name                               \
      "_end\n"                                                 \
      "corka_web_" #name ": .incbin \"" CORKA_WEB_DIR "/" file \
      "\"\n"                                                   \
      "corka_web_" #name                                       \
      "_end:\n"                                                \
      ".previous\n");                                          \
  extern "C" const char corka_web_##name[];                    \
  extern "C" const char corka_web_##name##_end[]

// NOLINTBEGIN(bugprone-reserved-identifier): assembler labels are what they are.
CORKA_EMBED(html, "index.html");
CORKA_EMBED(css, "corka.css");
CORKA_EMBED(js, "corka.js");
CORKA_EMBED(svg, "corka.svg");
// NOLINTEND(bugprone-reserved-identifier)

namespace corka::query {

namespace {

asset make(std::string_view path, std::string_view type, const char* begin, const char* end) {
  const std::string_view bytes{begin, static_cast<std::size_t>(end - begin)};
  return {path, type, bytes, entity_tag(bytes, "")};
}

}  // namespace

std::span<const asset> assets() {
  static const std::array all{
      make("/", "text/html; charset=utf-8", corka_web_html, corka_web_html_end),
      make("/assets/corka.css", "text/css; charset=utf-8", corka_web_css, corka_web_css_end),
      make("/assets/corka.js", "text/javascript; charset=utf-8", corka_web_js, corka_web_js_end),
      make("/assets/corka.svg", "image/svg+xml", corka_web_svg, corka_web_svg_end),
  };
  return all;
}

http::response answer_asset(const asset& a, const http::request& r) {
  const bool known = has_tag(r.header("If-None-Match").value_or(""), a.tag);
  http::response out{known ? 304U : 200U};
  out.set("ETag", a.tag).set("Cache-Control", "no-cache");
  out.set(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'");
  if (!known) out.static_content(a.type, a.bytes);
  return out;
}

}  // namespace corka::query
