#include "partition/key_lanes.hpp"

#include <utility>

namespace corka::partition {

key_lanes::key_lanes(std::vector<bound> inputs) {
  for (const auto& b : inputs) inputs_.push_back({b, 0, 0, {}});
}

key_lanes::verdict key_lanes::offer(std::uint16_t number, std::string_view key, ticket t) {
  auto& in = inputs_[number];
  if (const auto busy = lanes_.find(key); busy != lanes_.end()) {
    if (in.waiting == in.most.waiting) return verdict::full;
    busy->second->waiting.push_back({t, number});
    ++in.waiting;
    return verdict::wait;
  }
  // Those that became ready go first: they came first.
  if (in.running + in.ready.size() >= in.most.running) return verdict::full;
  std::unique_ptr<lane> made;
  if (spare_.empty()) {
    made = std::make_unique<lane>();
  } else {
    made = std::move(spare_.back());
    spare_.pop_back();
  }
  made->key = key;
  const std::string_view kept{made->key};
  lanes_.emplace(kept, std::move(made));
  ++in.running;
  return verdict::begin;
}

void key_lanes::finished(std::uint16_t number, std::string_view key, std::vector<ticket>& begin) {
  auto& in = inputs_[number];
  --in.running;
  const auto found = lanes_.find(key);
  auto& behind = found->second->waiting;
  if (behind.empty()) {
    auto empty = std::move(found->second);
    lanes_.erase(found);
    spare_.push_back(std::move(empty));
  } else {
    const auto next = behind.front();
    behind.pop_front();
    inputs_[next.input].ready.push_back(next.t);
    if (next.input != number) begin_ready(inputs_[next.input], begin);
  }
  begin_ready(in, begin);
}

void key_lanes::withdrawn(std::uint16_t number, std::vector<ticket>& begin) {
  auto& in = inputs_[number];
  --in.running;
  begin_ready(in, begin);
}

void key_lanes::begin_ready(input& of, std::vector<ticket>& begin) {
  while (!of.ready.empty() && of.running < of.most.running) {
    begin.push_back(of.ready.front());
    of.ready.pop_front();
    ++of.running;
    --of.waiting;
  }
}

}  // namespace corka::partition
