#include "query/cluster_said.hpp"

#include "query/read_json.hpp"
#include "query/status_json.hpp"

namespace corka::query {

using json = nlohmann::ordered_json;

std::vector<said> read_all(const std::vector<instance_answer>& all) {
  std::vector<said> read;
  for (const auto& i : all) {
    auto& one = read.emplace_back(said{i});
    auto j = i.body ? read_json(*i.body) : std::nullopt;
    one.readable = j && j->is_object();
    if (one.readable) one.body = std::move(*j);
  }
  return read;
}

json missing_of(const std::vector<said>& all) {
  json list = json::array();
  for (const auto& i : all) {
    if (i.readable) continue;
    list.push_back({{"instance", text_or_null(i.by.address)},
                    {"members", i.by.members},
                    {"groups", i.by.groups},
                    {"why", i.by.body ? std::string{"what it answered is no JSON of an instance"} : i.by.why}});
  }
  return list;
}

json value_of(const json& of, const char* name) {
  const auto found = of.find(name);
  return found == of.end() ? json(nullptr) : *found;
}

const json* find_value(const json& of, const char* name) {
  const auto found = of.find(name);
  return found == of.end() ? nullptr : &*found;
}

std::string label_of(const said& i) {
  if (!i.by.address.empty()) return i.by.address;
  auto name = text_of(i.body, "instance");
  if (name.empty() && !i.by.members.empty()) name = i.by.members.front();
  return name.empty() ? std::string{i.by.self ? "this instance" : "an instance"} : name;
}

json list_of(const json& of, const char* name) {
  auto found = value_of(of, name);
  if (!found.is_array()) found = json::array();
  return found;
}

std::string text_of(const json& of, const char* name) {
  const auto found = value_of(of, name);
  return found.is_string() ? found.get<std::string>() : std::string{};
}

void add(json& into, const json& more) {
  if (!more.is_number()) return;
  if (!into.is_number()) {
    into = more;
    return;
  }
  std::int64_t sum = 0;
  if (into.is_number_integer() && more.is_number_integer() &&
      !__builtin_add_overflow(into.get<std::int64_t>(), more.get<std::int64_t>(), &sum))
    into = sum;
  else into = into.get<double>() + more.get<double>();
}

void add_known(json& into, const json& more) {
  if (into.is_null() || more.is_null()) into = nullptr;
  else add(into, more);
}

void keep_larger(json& into, const json& other) {
  if (!other.is_number()) return;
  if (!into.is_number() || into.get<double>() < other.get<double>()) into = other;
}

}  // namespace corka::query
