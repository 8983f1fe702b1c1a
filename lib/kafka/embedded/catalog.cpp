#include "kafka/embedded/catalog.hpp"

#include <corka/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>

namespace corka::kafka::embedded {

namespace fs = std::filesystem;

namespace {

constexpr auto description_file = "topic.json";

/// Writes a small file and waits until the disk has it: without its description a topic's records cannot be read.
void write_whole(const fs::path& file, const std::string& text) {
  std::ofstream out{file};
  out << text;
  out.close();
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = out && fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!good) {
    throw error{errc::store_failed,
                fmt::format("embedded broker: cannot write {}: check the disk and its rights", file.string())};
  }
}

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
  fs::create_directories(with_.directory);
  for (const auto& entry : fs::directory_iterator{with_.directory}) {
    if (!entry.is_directory()) continue;
    if (entry.path().filename().string().starts_with('~')) {
      fs::remove_all(entry.path());  // was being made or removed when the process ended
      continue;
    }
    auto loaded = load(entry.path());
    topics_.emplace(loaded->name(), std::move(loaded));
  }
}

std::shared_ptr<topic> catalog::load(const fs::path& folder) const {
  const auto file = folder / description_file;
  try {
    std::ifstream in{file};
    const auto json = nlohmann::json::parse(in);
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
    const auto aside = with_.directory / ("~" + name.str());
    own.directory = with_.directory / name.str();
    fs::remove_all(aside);
    fs::create_directories(aside);
    write_whole(aside / description_file, description(name, id, partitions, config));
    fs::rename(aside, own.directory);
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
  const auto folder = with_.directory / name.str();
  write_whole(folder / (std::string{description_file} + "~"),
              description(name, there->id(), there->partitions(), there->config().given));
  fs::rename(folder / (std::string{description_file} + "~"), folder / description_file);
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
    const auto aside = with_.directory / ("~" + name.str());
    fs::remove_all(aside);
    fs::rename(with_.directory / name.str(), aside);
    fs::remove_all(aside);
  }
  return true;
}

}  // namespace corka::kafka::embedded
