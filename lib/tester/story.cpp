#include "tester/story.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace corka::tester_parts {

void story::tell(std::string_view who, std::string what) {
  line l{time_.now(), std::string{who}, std::move(what)};
  if (listener_) listener_(l);
  lines_.push_back(std::move(l));
  if (lines_.size() <= most_) return;
  lines_.pop_front();
  ++left_out_;
}

std::string story::text() const {
  std::string text;
  if (left_out_ > 0) text += fmt::format("  ({} earlier lines are left out)\n", left_out_);
  for (const auto& l : lines_) text += to_string(l) + "\n";
  return text;
}

std::string to_string(const story::line& l) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(l.at.time_since_epoch()).count();
  return fmt::format("{:>5}.{:03} s  {:<7} {}", ms / 1000, ms % 1000, l.who, l.what);
}

}  // namespace corka::tester_parts
