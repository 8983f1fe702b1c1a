#include "query/long_answer.hpp"

#include "http/gzip.hpp"
#include "query/json_text.hpp"
#include "query/negotiation.hpp"

#include <utility>

namespace corka::query {

http::response long_answer(const http::request& r, std::string text) {
  http::response out{200};
  out.set("Cache-Control", "no-store").set("Vary", "Accept-Encoding");
  if (accepts_gzip(r.header("Accept-Encoding").value_or(""))) {
    out.set("Content-Encoding", "gzip");
    text = http::gzip(text);
  }
  return std::move(out.content("application/json", std::move(text)));
}

http::response long_answer(const http::request& r, const nlohmann::ordered_json& j) {
  return long_answer(r, json_text(j) + "\n");
}

}  // namespace corka::query
