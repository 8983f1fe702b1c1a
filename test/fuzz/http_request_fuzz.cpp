// The bytes of a connection give the same requests, or the same refusal, in whatever pieces they arrive; limits hold.
#include "http/request_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

using namespace corka::http;
using status = request_reader::status;

limits small() {
  limits l;
  l.header_bytes = 600;
  l.target_bytes = 200;
  l.body_bytes = 100;
  return l;
}

void append(std::string& all, const request_reader& reader) {
  all.append(reader.method()).append(" ").append(reader.target());
  for (const auto& f : reader.fields()) all.append("\n").append(f.name).append(":").append(f.value);
  all.append("\n[").append(reader.body()).append("]\n");
  if (reader.target().size() > small().target_bytes || reader.body().size() > small().body_bytes) std::abort();
}

// All complete requests; a refusal ends them, as it ends the connection.
std::string read(std::string_view bytes, std::size_t piece) {
  request_reader reader{small()};
  std::string all;
  while (true) {
    const auto s = reader.step();
    if (s == status::refused) {
      if (reader.why().status < 400) std::abort();
      return all;
    }
    if (s == status::complete || (s == status::header && reader.complete())) {
      append(all, reader);
      reader.next();
    } else if (s == status::need_more) {
      if (bytes.empty()) return all;
      const auto room = reader.space();
      if (room.empty()) std::abort();
      const auto n = std::min({piece, room.size(), bytes.size()});
      std::memcpy(room.data(), bytes.data(), n);
      reader.filled(n);
      bytes.remove_prefix(n);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (bytes.empty()) return 0;
  const auto whole = read(bytes, bytes.size());
  if (read(bytes, 1) != whole) std::abort();
  if (read(bytes, 1 + static_cast<std::size_t>(data[0]) % 64) != whole) std::abort();
  return 0;
}
