#include "partition/key_lanes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace corka::partition {

namespace {

using verdict = key_lanes::verdict;

/// Lanes driven by text: "0a" offers the next record of input 0 with key a, "-3" ends record 3, "!3" withdraws it.
/// Prints what each step made begin; "wait" and "full" where nothing did.
class story {
 public:
  explicit story(std::vector<key_lanes::bound> inputs) : lanes_{std::move(inputs)} {}

  std::string step(const std::string& what) {
    if (what[0] == '-' || what[0] == '!') {
      const auto& r = records_.at(std::stoul(what.substr(1)));
      std::vector<key_lanes::ticket> begin;
      if (what[0] == '-') lanes_.finished(r.input, r.key, begin);
      else lanes_.withdrawn(r.input, begin);
      std::string out;
      for (const auto t : begin) out += (out.empty() ? "" : " ") + std::to_string(t);
      return out;
    }
    const auto input = static_cast<std::uint16_t>(what[0] - '0');
    const auto t = static_cast<key_lanes::ticket>(records_.size());
    const auto v = lanes_.offer(input, what.substr(1), t);
    if (v == verdict::full) return "full";
    records_.push_back({input, what.substr(1)});
    return v == verdict::wait ? "wait" : std::to_string(t);
  }
  [[nodiscard]] const key_lanes& lanes() const { return lanes_; }

 private:
  struct record {
    std::uint16_t input;
    std::string key;
  };
  key_lanes lanes_;
  std::vector<record> records_;
};

struct expected_step {
  std::string what;
  std::string begins;
};

void tell(std::vector<key_lanes::bound> inputs, const std::vector<expected_step>& steps) {
  story s{std::move(inputs)};
  for (const auto& [what, begins] : steps) {
    CAPTURE(what);
    CHECK(s.step(what) == begins);
  }
}

}  // namespace

TEST_SUITE("key lanes") {
  TEST_CASE("records of different keys run together, up to the bound") {
    tell({{2, 8}}, {{"0a", "0"}, {"0b", "1"}, {"0c", "full"}, {"-0", ""}, {"0c", "2"}, {"0d", "full"}});
  }

  TEST_CASE("records of one key run one after another, in the order offered") {
    tell({{4, 8}}, {{"0a", "0"}, {"0a", "wait"}, {"0a", "wait"}, {"-0", "1"}, {"-1", "2"}, {"-2", ""}, {"0a", "3"}});
  }

  TEST_CASE("a busy key does not hold up others until too many wait behind it") {
    tell({{4, 2}},
         {{"0a", "0"}, {"0a", "wait"}, {"0b", "2"}, {"0a", "wait"}, {"0c", "4"}, {"0a", "full"}, {"-0", "1"}});
  }

  TEST_CASE("with one at a time and nobody waiting, all records run in the order offered") {
    tell({{1, 0}}, {{"0a", "0"}, {"0b", "full"}, {"0a", "full"}, {"-0", ""}, {"0b", "1"}});
  }

  TEST_CASE("a key is one key for all inputs") {
    tell({{4, 4}, {1, 0}, {2, 2}}, {{"0a", "0"},
                                    {"1a", "full"},
                                    {"2a", "wait"},
                                    {"0a", "wait"},
                                    {"-0", "1"},
                                    {"-1", "2"},
                                    {"-2", ""},
                                    {"1a", "3"}});
  }

  TEST_CASE("a record whose key became free waits for room in its own input, and goes before later ones") {
    tell({{2, 2}, {1, 4}}, {{"0a", "0"},
                            {"1b", "1"},
                            {"1a", "wait"},
                            {"-0", ""},
                            {"0a", "wait"},
                            {"1c", "full"},
                            {"-1", "2"},
                            {"1c", "full"},
                            {"-2", "3"},
                            {"1c", "4"}});
  }

  TEST_CASE("one that is withdrawn leaves its room to others, and its key to nobody") {
    tell({{2, 8}}, {{"0a", "0"},
                    {"0b", "1"},
                    {"0a", "wait"},
                    {"0a", "wait"},
                    {"-0", "2"},
                    {"!2", ""},
                    {"0c", "4"},
                    {"0a", "wait"},
                    {"-1", ""},
                    {"-4", ""}});
    tell({{2, 8}, {1, 8}}, {{"0a", "0"},
                            {"1b", "1"},
                            {"1a", "wait"},
                            {"1a", "wait"},
                            {"0b", "wait"},
                            {"-0", ""},
                            {"-1", "4 2"},
                            {"!2", ""}});
  }

  TEST_CASE("what has ended leaves nothing behind") {
    story s{{{2, 2}}};
    for (const auto* what : {"0a", "0a", "0b", "-0", "-1", "-2"}) (void)s.step(what);
    CHECK(s.lanes().busy_keys() == 0);
    CHECK(s.lanes().running(0) == 0);
    CHECK(s.lanes().waiting(0) == 0);
  }

  TEST_CASE("any interleaving keeps the order of keys and the bounds, and runs everything") {
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(seed);
      std::mt19937 random{seed};
      const std::vector<key_lanes::bound> bounds{{1, 0}, {3, 5}, {8, 2}};
      key_lanes lanes{bounds};
      struct offered {
        std::uint16_t input;
        std::string key;
      };
      std::vector<offered> records;
      std::map<std::string, std::vector<key_lanes::ticket>> by_key;  // offered and not ended, in order
      std::set<key_lanes::ticket> running;
      std::size_t ended = 0;
      const auto runs = [&](key_lanes::ticket t) {
        CHECK(by_key[records[t].key].front() == t);
        CHECK(running.insert(t).second);
        const auto input = records[t].input;
        const auto of_input = std::ranges::count_if(running, [&](auto r) { return records[r].input == input; });
        CHECK(static_cast<std::size_t>(of_input) <= bounds[input].running);
      };
      for (int step = 0; step < 3'000; ++step) {
        if (random() % 2 == 0 && records.size() < 1'000) {
          const auto input = static_cast<std::uint16_t>(random() % bounds.size());
          const std::string key(1, static_cast<char>('a' + random() % 6));
          const auto t = static_cast<key_lanes::ticket>(records.size());
          const auto v = lanes.offer(input, key, t);
          CHECK(lanes.waiting(input) <= bounds[input].waiting);
          if (v == verdict::full) continue;
          records.push_back({input, key});
          by_key[key].push_back(t);
          if (v == verdict::begin) runs(t);
        } else if (!running.empty()) {
          const auto t = *std::next(running.begin(), static_cast<std::ptrdiff_t>(random() % running.size()));
          running.erase(t);
          auto& of_key = by_key[records[t].key];
          of_key.erase(of_key.begin());
          ++ended;
          std::vector<key_lanes::ticket> begin;
          lanes.finished(records[t].input, records[t].key, begin);
          for (const auto next : begin) runs(next);
        }
      }
      while (!running.empty()) {
        const auto t = *running.begin();
        running.erase(t);
        auto& of_key = by_key[records[t].key];
        of_key.erase(of_key.begin());
        ++ended;
        std::vector<key_lanes::ticket> begin;
        lanes.finished(records[t].input, records[t].key, begin);
        for (const auto next : begin) runs(next);
      }
      CHECK(ended == records.size());
      CHECK(lanes.busy_keys() == 0);
    }
  }
}

}  // namespace corka::partition
