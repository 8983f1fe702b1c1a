#include "kafka/embedded/catalog.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <stdexcept>
#include <utility>

namespace corka::kafka::embedded {

namespace fs = std::filesystem;

namespace {

constexpr auto description_file = "topic.json";
constexpr std::size_t most_description = 1U << 20U;

std::string description(const topic_name& name, const std::string& id, std::int32_t partitions,
                        const std::map<std::string, std::string>& config) {
  const nlohmann::json json{{"name", name.str()}, {"id", id}, {"partitions", partitions}, {"config", config}};
  return json.dump(2) + "\n";
}

}  // namespace

catalog::catalog(partition_log::settings with, std::uint64_t seed, logger log)
    : with_{std::move(with)}, log_{std::move(log)}, random_{seed} {
  if (seed == 0) {
    std::random_device device;
    std::seed_seq entropy{device(), device(), device(), device()};
    random_.seed(entropy);
  }
  if (with_.directory.empty()) return;
  for (const auto& folder : folders()) {
    auto loaded = load(folder);
    topics_.emplace(loaded->name(), std::move(loaded));
  }
}

std::vector<fs::path> catalog::folders() const {
  auto& on = *with_.on;
  on.make_folder(with_.directory, true);
  std::vector<fs::path> all;
  for (const auto& entry : on.list(with_.directory)) {
    if (!entry.is_folder) continue;
    if (entry.path.filename().string().starts_with('~')) on.remove(entry.path);  // was being made or removed
    else all.push_back(entry.path);
  }
  return all;
}

void catalog::reopen() {
  const std::lock_guard changing{changing_};
  std::map<topic_name, std::shared_ptr<topic>> there;
  for (const auto& folder : folders()) {
    const topic_name name{folder.filename().string()};
    auto known = find(name);
    if (known) known->reopen();
    else known = load(folder);
    there.emplace(name, std::move(known));
  }
  const std::unique_lock lock{mutex_};
  for (const auto& [name, t] : topics_) {
    if (!there.contains(name)) t->set_removed();
  }
  topics_ = std::move(there);
}

std::shared_ptr<topic> catalog::load(const fs::path& folder) const {
  const auto file = folder / description_file;
  try {
    const auto json = nlohmann::json::parse(with_.on->read(file, most_description).value_or(""));
    const auto config = json.at("config").get<std::map<std::string, std::string>>();
    const auto name = json.at("name").get<std::string>();
    const auto partitions = json.at("partitions").get<std::int32_t>();
    if (name != folder.filename() || partitions < 1) throw std::invalid_argument{"it is another topic's"};
    auto own = with_;
    own.directory = folder;
    return std::make_shared<topic>(topic_name{name}, json.at("id").get<std::string>(),
                                   topic_config::parse(name, config), partitions, own, log_);
  } catch (const error&) { throw; } catch (const std::exception& e) {
    throw error{errc::store_failed,
                fmt::format("embedded broker: {} cannot be used: {}: restore it, or remove the folder and "
                            "with it the topic",
                            file.string(), e.what())};
  }
}

std::shared_ptr<topic> catalog::find(const topic_name& name) const {
  const std::shared_lock lock{mutex_};
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<topic>> catalog::all() const {
  const std::shared_lock lock{mutex_};
  std::vector<std::shared_ptr<topic>> topics;
  for (const auto& [name, t] : topics_) topics.push_back(t);
  return topics;
}

std::string catalog::new_id() { return fmt::format("{:016x}{:016x}", random_(), random_()); }

std::pair<std::shared_ptr<topic>, bool> catalog::create(const topic_name& name, std::int32_t partitions,
                                                        const std::map<std::string, std::string>& config) {
  const std::lock_guard changing{changing_};
  if (auto there = find(name); there) return {std::move(there), false};
  check_topic_name(name.str());
  if (partitions < 1 || partitions > 100'000) {
    throw error{errc::invalid_option,
                fmt::format("topic '{}' cannot have {} partitions: it needs at least one", name.str(), partitions)};
  }
  const auto parsed = topic_config::parse(name.str(), config);
  const auto id = new_id();
  auto own = with_;
  if (!own.directory.empty()) {
    // Made under another name first: a topic is there as a whole or not at all.
    auto& on = *with_.on;
    const auto aside = with_.directory / ("~" + name.str());
    own.directory = with_.directory / name.str();
    on.remove(aside);
    on.make_folder(aside, false);
    on.write(aside / description_file, description(name, id, partitions, config));
    on.sync_folder(aside);
    on.rename(aside, own.directory);
    on.sync_folder(with_.directory);
  }
  auto made = std::make_shared<topic>(name, id, parsed, partitions, own, log_);
  const std::unique_lock lock{mutex_};
  topics_.emplace(name, made);
  return {std::move(made), true};
}

void catalog::grow(const topic_name& name, std::int32_t partitions) {
  const std::lock_guard changing{changing_};
  const auto there = find(name);
  if (!there) { throw error{errc::topic_unknown, fmt::format("topic '{}' does not exist: create it", name.str())}; }
  if (there->partitions() >= partitions) return;
  there->grow(partitions);
  if (with_.directory.empty()) return;
  // Folders of partitions that the description does not count are passed over, so it comes last, and as a whole.
  auto& on = *with_.on;
  const auto folder = with_.directory / name.str();
  on.write(folder / (std::string{description_file} + "~"),
           description(name, there->id(), there->partitions(), there->config().given));
  on.rename(folder / (std::string{description_file} + "~"), folder / description_file);
  on.sync_folder(folder);
}

bool catalog::remove(const topic_name& name) {
  const std::lock_guard changing{changing_};
  const auto gone = find(name);
  if (!gone) return false;
  {
    const std::unique_lock lock{mutex_};
    topics_.erase(name);
  }
  gone->set_removed();
  if (!with_.directory.empty()) {
    auto& on = *with_.on;
    const auto aside = with_.directory / ("~" + name.str());
    on.remove(aside);
    on.rename(with_.directory / name.str(), aside);
    on.sync_folder(with_.directory);
    on.remove(aside);
  }
  return true;
}

}  // namespace corka::kafka::embedded
