// Any request target is refused or finds a route, and what was decoded encodes to something that decodes to the same.
#include "http/percent.hpp"
#include "http/target.hpp"

#include <corka/http/router.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace corka::http;

corka::task<response> nothing(request) { co_return response{}; }

const router& routes() {
  static const router all = [] {
    router r;
    for (const char* pattern : {"/", "/api/v1/status", "/api/v1/tables", "/api/v1/tables/{table}/keys",
                                "/api/v1/tables/{table}/keys/{key}", "/api/v1/{any}/x/{other}", "/{a}/{b}/{c}"}) {
      r.get(pattern, nothing);
    }
    r.post("/api/v1/actions/{name}", nothing);
    return r;
  }();
  return all;
}

void check(bool holds) {
  if (!holds) std::abort();
}

void round_trip(const std::string& bytes) {
  std::string again;
  check(percent_decode(percent_encode(bytes), again) && again == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw{reinterpret_cast<const char*>(data), size};
  const auto t = parse_target(raw);
  if (!t) return 0;
  check(t->path == "*" || t->path.front() == '/');

  static router::scratch space;
  for (const std::string_view method : {"GET", "HEAD", "POST", "OPTIONS"}) {
    const auto m = routes().find(method, t->path, space);
    check((m.result == router::outcome::found) == (m.run != nullptr));
    if (m.run == nullptr) continue;
    std::string joined;
    for (const auto& p : space.parameters) {
      check(!p.name.empty());
      round_trip(p.value);
      joined += p.value;
    }
    check(joined.size() <= t->path.size());
  }

  std::vector<parameter> query;
  if (decode_query(t->query, query)) {
    for (const auto& p : query) {
      round_trip(p.name);
      round_trip(p.value);
    }
  }
  return 0;
}
