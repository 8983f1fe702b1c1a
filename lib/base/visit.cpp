#include <corka/visit.hpp>

namespace corka {

std::string_view to_string(visit_outcome o) noexcept {
  switch (o) {
    case visit_outcome::completed: return "completed";
    case visit_outcome::cancelled: return "cancelled";
    case visit_outcome::aborted: return "aborted";
    case visit_outcome::failed: return "failed";
  }
  return "unknown";
}

std::vector<visit_position> visit_result::resume() const {
  std::vector<visit_position> at;
  for (const auto& p : partitions) {
    if (p.resume_at) at.push_back({p.partition, *p.resume_at});
  }
  return at;
}

}  // namespace corka
