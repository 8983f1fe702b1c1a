#include "system/chaos/sequences.hpp"

#include <corka/partitioner.hpp>

#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace corka::test {

namespace {
std::string name(int key) { return "key" + std::to_string(key); }
}  // namespace

sequences::sequences(std::string brokers, std::int32_t partitions, int keys)
    : brokers_{std::move(brokers)}, partitions_{partitions}, last_(static_cast<std::size_t>(keys)) {}

void sequences::next(kafka_client& to, int key) {
  const auto k = name(key);
  to.produce("numbers", partition_of(k, partitions_).value, k, std::to_string(++last_[static_cast<std::size_t>(key)]));
}

sequences::load::load(sequences& of, std::chrono::microseconds period)
    : thread_{[this, &of, period] {
        kafka_client to{of.brokers_};
        const int keys = static_cast<int>(of.last_.size());
        auto due = std::chrono::steady_clock::now();
        for (int key = 0; !stopping_; key = (key + 1) % keys) {
          of.next(to, key);
          due += period;
          std::this_thread::sleep_until(due);
        }
        to.flush();
      }} {}

sequences::load::~load() {
  stopping_ = true;
  thread_.join();
}

void sequences::write(int rounds) {
  kafka_client to{brokers_};
  for (int round = 0; round < rounds; ++round) {
    for (int key = 0; key < static_cast<int>(last_.size()); ++key) next(to, key);
  }
  to.flush();
}

std::int64_t sequences::written() const { return std::accumulate(last_.begin(), last_.end(), std::int64_t{0}); }

sequences::result sequences::followed(kafka_client& client) const {
  result found;
  std::ostringstream losses;
  const auto states = client.table("chaos-table");
  std::map<std::string, std::set<std::int64_t>> numbers;
  client.read_all("followed", [&](std::int32_t, std::string_view key, std::optional<std::string_view> value) {
    const std::string k{key};
    ++found.emitted[k];
    numbers[k].insert(std::stoll(std::string{value.value_or("0")}));
  });
  for (int key = 0; key < static_cast<int>(last_.size()); ++key) {
    const auto k = name(key);
    const auto written = last_[static_cast<std::size_t>(key)];
    const auto state = states.find(k);
    std::int64_t last = 0;
    std::int64_t gaps = 0;
    if (state != states.end()) std::istringstream{state->second} >> last >> found.seen[k] >> gaps;
    if (last != written || gaps != 0 || found.seen[k] < written) {
      losses << k << ": " << written << " written, state \"" << (state == states.end() ? "" : state->second) << "\"\n";
    }
    const auto& out = numbers[k];
    if (static_cast<std::int64_t>(out.size()) != written || (written > 0 && *out.rbegin() != written)) {
      losses << k << ": " << written << " written, " << out.size() << " different ones in the output\n";
    }
  }
  found.losses = losses.str();
  return found;
}

}  // namespace corka::test
