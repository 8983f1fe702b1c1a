#include "simulation/read_log.hpp"

#include "kafka/embedded/frame.hpp"

#include <algorithm>

namespace corka::simulation_parts {

void read_log(kafka::embedded::partition_log& log, std::int64_t from, const std::function<void(const record&)>& visit) {
  namespace embedded = kafka::embedded;
  for (auto next = std::max(from, log.range().low.value); next < log.range().high.value;) {
    const auto found = log.find(next);
    if (!found || !found->in) return;
    const char* const begin = found->in->data() + found->frame.at;
    const auto head = embedded::read_frame_header(begin);
    const char* p = begin + embedded::frame_header_size;
    const char* const end = begin + head.length;
    embedded::framed_record r;
    while (p != nullptr && p < end) {
      p = embedded::read_record(p, end, head, r);
      if (p != nullptr && r.what.at.value >= next) visit(r.what);
    }
    next = head.end();
  }
}

}  // namespace corka::simulation_parts
