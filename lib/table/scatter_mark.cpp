#include "table/scatter_mark.hpp"

#include "base/excerpt.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <fstream>
#include <utility>

namespace corka::tables {

namespace {

/// A file beside the partitions' folders; it holds the topic's id.
constexpr const char* mark = "scattered";

}  // namespace

scatter_mark::scatter_mark(std::filesystem::path folder, topic_name of, partitioner by, logger log)
    : folder_{std::move(folder)}, topic_{std::move(of)}, by_{by}, log_{std::move(log)} {}

void scatter_mark::topic_is(const std::string& id) {
  const std::lock_guard lock{mutex_};
  topic_id_ = id;
}

void scatter_mark::recall() {
  std::ifstream file{folder_ / mark};
  std::string of;
  std::getline(file, of);
  if (!file.is_open()) return;
  const std::lock_guard lock{mutex_};
  if (topic_id_.empty() || of == topic_id_) set_ = true;
}

bool scatter_mark::belongs(std::string_view key, std::int32_t number, std::int32_t partitions) {
  if (set_) return false;
  std::string own;
  try {
    const auto where = partition_of(key, partitions, by_);
    if (where.value == number) return true;
    own = std::to_string(where.value);
  } catch (const error&) { own = "none"; }
  set(
      fmt::format("key {} is in partition {} and belongs into {} by {}: the topic has grown, or who writes it "
                  "partitions otherwise",
                  excerpt(key, 80), number, own, by_.name()));
  return false;
}

void scatter_mark::set(std::string_view why) {
  if (set_.exchange(true)) return;
  log_.warn(
      fmt::format("table '{}': {}; keys that have no row in their own partition are looked for in every one, "
                  "until the records are copied into a topic of their own",
                  topic_.str(), why));
  const std::lock_guard lock{mutex_};
  std::ofstream{folder_ / mark, std::ios::trunc} << topic_id_;
}

}  // namespace corka::tables
