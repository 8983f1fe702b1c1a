#include "processor/group_lookups.hpp"

#include "store/state_directory.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace corka::processor_parts {

namespace {

/// No topic's folder has this name (store::safe_file_name).
constexpr const char* lookups_folder = "+lookups";

class table_lookup final : public partition::row_lookup {
 public:
  explicit table_lookup(std::shared_ptr<const tables::whole_table> table) : table_{std::move(table)} {}

  [[nodiscard]] bool row(std::string_view key, std::string& into) const override {
    return table_->find(key, [&into](std::string_view value) { into = value; });
  }
  [[nodiscard]] bool is_being_read() const override {
    return !table_->is_current() && table_->state() == view_state::recovering;
  }

 private:
  std::shared_ptr<const tables::whole_table> table_;
};

}  // namespace

group_lookups::group_lookups(const declaration& group, executor control, failure_handler failed)
    : group_{group}, failed_{std::move(failed)}, tasks_{std::move(control)} {}

void group_lookups::start(runtime_core& core, std::shared_ptr<kafka::admin> admin, const std::filesystem::path& folder,
                          partition::environment& env, executor control, const logger& log) {
  if (group_.lookups.empty()) return;
  tables::table_surroundings with;
  with.threads = core.threads.get();
  // Of its own: a topic may be an input as well, and a reader reads a partition once.
  with.reader = core.cluster->reader(group_.name.str() + "-lookups", std::move(control));
  with.admin = std::move(admin);
  with.stores = core.stores.get();
  with.next_worker = &core.next_worker;
  with.log = log;
  // Rows may always be read: what runs before they are current waits by itself, and a table whose topic is gone keeps
  // them.
  tables::whole_table_options options;
  options.stale_reads = true;
  options.following.recovery.shared = env.recovery_memory;
  for (const auto& lookup : group_.lookups) {
    options.following.recovery.update = lookup.update;
    with.folder = folder / lookups_folder / store::safe_file_name(lookup.topic.str());
    auto table = std::make_shared<tables::whole_table>(with, lookup.topic, lookup.partition_by, lookup.codec, options);
    env.lookups[lookup.topic] = std::make_shared<const table_lookup>(table);
    {
      const std::lock_guard lock{mutex_};
      tables_.push_back(table);
    }
    tasks_.spawn(run(std::move(table)));
  }
}

task<> group_lookups::run(std::shared_ptr<tables::whole_table> table) {
  try {
    co_await table->run();
  } catch (...) { failed_(std::current_exception()); }
}

task<> group_lookups::ready() {
  for (const auto& table : tables_) co_await table->ready();
}

task<> group_lookups::stop() {
  for (const auto& table : tables_) table->stop();
  return tasks_.join();
}

std::vector<view_status> group_lookups::status() const {
  std::vector<view_status> all;
  const std::lock_guard lock{mutex_};
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    auto& s = all.emplace_back();
    s.name = group_.lookups[i].topic.str();
    tables_[i]->fill(s);
  }
  return all;
}

}  // namespace corka::processor_parts
