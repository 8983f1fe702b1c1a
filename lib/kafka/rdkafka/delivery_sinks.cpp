#include "kafka/rdkafka/delivery_sinks.hpp"

#include <corka/error.hpp>

#include <utility>

namespace corka::kafka::rdkafka {

namespace {
constexpr std::size_t most_sinks = 65'535;
constexpr unsigned tag_bits = 48;
constexpr std::uint64_t tag_mask = (std::uint64_t{1} << tag_bits) - 1;
}  // namespace

sink_id delivery_sinks::attach(std::shared_ptr<delivery_sink> sink) {
  const std::lock_guard lock{mutex_};
  // Ids go round: reports for a sink that has left are not for the next one that comes.
  for (std::size_t n = 0; n < most_sinks; ++n) {
    const auto id = (last_ + n) % most_sinks;
    if (id >= by_id_.size()) by_id_.resize(id + 1);
    if (by_id_[id]) continue;
    by_id_[id] = std::move(sink);
    last_ = id + 1;
    return static_cast<sink_id>(id);
  }
  throw error{errc::invalid_option,
              "a producer has at most 65535 delivery sinks: detach some, or make another producer"};
}

void delivery_sinks::detach(sink_id id) noexcept {
  std::shared_ptr<delivery_sink> last;  // declared before the lock: destroyed after it
  const std::lock_guard lock{mutex_};
  if (id < by_id_.size()) last = std::move(by_id_[id]);
}

std::shared_ptr<delivery_sink> delivery_sinks::find(sink_id id) const {
  const std::lock_guard lock{mutex_};
  return id < by_id_.size() ? by_id_[id] : nullptr;
}

void* delivery_key::packed() const noexcept {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>((std::uint64_t{sink} << tag_bits) | (tag & tag_mask)));
}

delivery_key delivery_key::of(const void* packed) noexcept {
  const auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(packed));
  return {static_cast<sink_id>(bits >> tag_bits), bits & tag_mask};
}

}  // namespace corka::kafka::rdkafka
