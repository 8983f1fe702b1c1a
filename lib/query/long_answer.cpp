#include "query/long_answer.hpp"

#include "http/gzip.hpp"
#include "query/json_text.hpp"
#include "query/negotiation.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace corka::query {

bool takes_gzip(const http::request& r) { return accepts_gzip(r.header("Accept-Encoding").value_or("")); }

http::response long_answer(bool compressed, const nlohmann::ordered_json& j) {
  auto text = json_text(j) + "\n";
  http::response out{200};
  out.set("Cache-Control", "no-store").set("Vary", "Accept-Encoding");
  if (compressed) {
    out.set("Content-Encoding", "gzip");
    text = http::gzip(text);
  }
  return std::move(out.content("application/json", std::move(text)));
}

}  // namespace corka::query
