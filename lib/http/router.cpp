#include <corka/http/router.hpp>

#include "http/percent.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <utility>

namespace corka::http {

struct router::node {
  struct answer {
    std::string method;
    std::vector<std::string> names;  // of the parameters, from the left
    handler run;
  };

  std::vector<std::pair<std::string, std::unique_ptr<node>>> fixed;
  std::unique_ptr<node> any;
  std::vector<answer> answers;
  std::string allow;

  node& child(std::string_view text);
  const answer* find(std::string_view method) const noexcept;
  void describe();
};

namespace {

// Calls `each` with every segment of a path that starts with '/'.
template <class Each>
bool split(std::string_view path, Each each) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    if (!each(path.substr(0, end))) return false;
    path.remove_prefix(end);
  }
  return true;
}

bool is_parameter(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// The end of the pattern that matches, by text first. Marks in `taken` which segments are parameters.
template <class Node>
const Node* walk(const Node& at, std::span<const std::string> rest, std::vector<std::size_t>& taken,
                 std::size_t depth) {
  if (rest.empty()) return at.answers.empty() ? nullptr : &at;
  for (const auto& [text, next] : at.fixed) {
    if (text != rest.front()) continue;
    if (const auto* end = walk(*next, rest.subspan(1), taken, depth + 1)) return end;
  }
  if (!at.any) return nullptr;
  taken.push_back(depth);
  if (const auto* end = walk(*at.any, rest.subspan(1), taken, depth + 1)) return end;
  taken.pop_back();
  return nullptr;
}

}  // namespace

router::node& router::node::child(std::string_view text) {
  if (is_parameter(text)) {
    if (!any) any = std::make_unique<node>();
    return *any;
  }
  for (auto& [name, next] : fixed) {
    if (name == text) return *next;
  }
  return *fixed.emplace_back(std::string{text}, std::make_unique<node>()).second;
}

const router::node::answer* router::node::find(std::string_view method) const noexcept {
  for (const auto& a : answers) {
    if (a.method == method) return &a;
  }
  return nullptr;
}

void router::node::describe() {
  allow.clear();
  for (const auto& a : answers) {
    allow.append(a.method).append(", ");
    if (a.method == "GET") allow.append("HEAD, ");
  }
  allow.append("OPTIONS");
}

router::router() : root_{std::make_unique<node>()} {}
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;
router::~router() = default;

router& router::add(std::string_view method, std::string_view pattern, handler h) {
  const auto refuse = [&](std::string_view why) {
    throw std::invalid_argument{"route " + std::string{method} + " '" + std::string{pattern} +
                                "': " + std::string{why}};
  };
  if (pattern.empty() || pattern.front() != '/') refuse("a pattern starts with '/'");
  auto* at = root_.get();
  std::vector<std::string> names;
  std::size_t depth = 0;
  split(pattern, [&](std::string_view segment) {
    if (is_parameter(segment)) {
      names.emplace_back(segment.substr(1, segment.size() - 2));
    } else if (segment.find_first_of("{}") != std::string_view::npos) {
      refuse("a segment is either text or {name}");
    }
    at = &at->child(segment);
    ++depth;
    return true;
  });
  depth_ = std::max(depth_, depth);
  if (at->find(method) != nullptr) refuse("there is such a route already");
  at->answers.push_back({std::string{method}, std::move(names), std::move(h)});
  at->describe();
  return *this;
}

router::match router::find(std::string_view method, std::string_view path, scratch& space) const {
  std::size_t count = 0;
  bool too_deep = false;
  const bool decoded = !path.empty() && path.front() == '/' && split(path, [&](std::string_view raw) {
    if (too_deep = count == depth_; too_deep) return false;
    if (count == space.segments.size()) space.segments.emplace_back();
    auto& segment = space.segments[count++];
    segment.clear();
    return percent_decode(raw, segment);
  });
  if (too_deep) return {outcome::no_path, nullptr, {}};
  if (!decoded) return {outcome::malformed, nullptr, {}};

  auto& taken = space.taken;
  taken.clear();
  const auto* end = walk(*root_, std::span<const std::string>{space.segments}.first(count), taken, 0);
  if (end == nullptr) return {outcome::no_path, nullptr, {}};
  const auto* answer = end->find(method);
  if (answer == nullptr && method == "HEAD") answer = end->find("GET");
  if (answer == nullptr) return {outcome::no_method, nullptr, end->allow};

  space.parameters.resize(taken.size());
  for (std::size_t i = 0; i < taken.size(); ++i) {
    space.parameters[i].name = answer->names[i];
    std::swap(space.parameters[i].value, space.segments[taken[i]]);
  }
  return {outcome::found, &answer->run, end->allow};
}

}  // namespace corka::http
