#include "app/group_directory.hpp"

#include "kafka/announcement.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace corka::app_parts {

namespace {
constexpr std::string_view table_suffix = "-table";
}

query::group_description description_of(std::string group, std::int32_t partitions, partitioner by,
                                        const std::vector<kafka::member_description>& members) {
  query::group_description made{std::move(group), partitions, by, {}};
  for (const auto& m : members) {
    query::cluster_member seen;
    seen.name = m.instance_id.empty() ? m.id : m.instance_id;
    seen.address = kafka::announced_by(m.client_id);
    for (const auto& held : m.holds) seen.holds.push_back(held.partition);
    std::ranges::sort(seen.holds);
    const auto twice = std::ranges::unique(seen.holds);
    seen.holds.erase(twice.begin(), twice.end());
    made.members.push_back(std::move(seen));
  }
  return made;
}

const declaration* group_directory::declared(const std::string& group) const {
  for (const auto* p : processors_) {
    if (p->declared().name.str() == group) return &p->declared();
  }
  return nullptr;
}

std::optional<std::string> group_directory::group_of(const std::string& table) const {
  for (const auto* p : processors_) {
    if (p->declared().table && p->declared().table->topic.str() == table) return p->declared().name.str();
  }
  if (table.size() <= table_suffix.size() || !table.ends_with(table_suffix)) return std::nullopt;
  return table.substr(0, table.size() - table_suffix.size());
}

std::vector<std::string> group_directory::groups() const {
  std::vector<std::string> all;
  for (const auto* p : processors_) {
    const auto& name = p->declared().name.str();
    if (std::ranges::find(all, name) == all.end()) all.push_back(name);
  }
  return all;
}

task<std::optional<query::group_description>> group_directory::describe(std::string group) {
  if (!admin_) admin_ = cluster_.make_admin(control_);
  const auto* const known = declared(group);
  topic_name topic{group + std::string{table_suffix}};
  auto by = partitioner::fnv1a;
  if (known != nullptr) {
    topic = known->table ? known->table->topic : known->driver();
    by = known->inputs.front().partition_by;
  }
  std::vector<topic_name> asked{std::move(topic)};
  const auto topics = co_await admin_->describe(std::move(asked));
  const auto members = co_await admin_->members(group_name{group});
  const auto& found = topics.front();
  if (!found.exists && members.empty()) co_return std::nullopt;
  co_return description_of(std::move(group), found.exists ? found.partitions : 0, by, members);
}

}  // namespace corka::app_parts
