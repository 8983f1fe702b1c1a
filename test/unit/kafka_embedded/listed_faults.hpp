// Faults of the embedded broker, one after another as they are listed.
#pragma once

#include "broker_user.hpp"
#include "kafka/embedded/faults.hpp"

#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

/// Answers from lists, the first one first; where one is used up, all goes well.
struct listed_faults final : kafka::embedded::fault_plan {
  std::deque<fetch> fetches;
  std::deque<write> writes;
  std::deque<commit> commits;
  std::function<bool()> is_down;  ///< nothing: never
  std::vector<std::string> told;

  template <class T>
  static T next(std::deque<T>& of) {
    if (of.empty()) return {};
    auto first = of.front();
    of.pop_front();
    return first;
  }
  bool crashed() const override { return is_down && is_down(); }
  fetch fetching(const topic_partition&) override { return next(fetches); }
  write writing(const topic_partition&, std::size_t) override { return next(writes); }
  commit committing(const group_name&) override { return next(commits); }
  void sent(const topic_partition&, std::string_view, std::string_view, const std::string&) override {}
  void written(const topic_partition& where, offset first, std::size_t n, const std::string& client) override {
    told.push_back(client + " wrote " + to_string(where) + "@" + std::to_string(first.value) + " " + std::to_string(n));
  }
  void acknowledged(const topic_partition& where, offset first, std::size_t n) override {
    told.push_back("acknowledged " + to_string(where) + "@" + std::to_string(first.value) + " " + std::to_string(n));
  }
  void committed(const group_name& group, const std::string&, std::span<const kafka::position> what) override {
    told.push_back("committed " + group.str() + " " + std::to_string(what.front().next.value));
  }
};

}  // namespace corka::test
