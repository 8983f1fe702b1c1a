// The broker's topics, and their place on the disk.
#pragma once

#include "kafka/embedded/topic.hpp"

#include <corka/ids.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>
#include <vector>

namespace corka::kafka::embedded {

/// Threads: safe. Errors: error{errc::store_failed, errc::invalid_option}.
class catalog {
 public:
  /// Opens what is in `with.directory`, or keeps everything in memory where that is empty. `seed` 0: ids are random.
  catalog(partition_log::settings with, std::uint64_t seed, logger log);

  [[nodiscard]] std::shared_ptr<topic> find(const topic_name& name) const;
  [[nodiscard]] std::vector<std::shared_ptr<topic>> all() const;
  /// The topic that is there already, or a new one, and whether it is new.
  std::pair<std::shared_ptr<topic>, bool> create(const topic_name& name, std::int32_t partitions,
                                                 const std::map<std::string, std::string>& config);
  /// Gives a topic more partitions; one that has as many already is left alone. @throws error{errc::topic_unknown}.
  void grow(const topic_name& name, std::int32_t partitions);
  /// False: there is none.
  bool remove(const topic_name& name);
  /// Looks at the directory anew, as the next process would: topics that are there still are the same objects, with
  /// what the disk has; others are removed. Nothing else is called meanwhile.
  void reopen();

 private:
  /// Of topics; what was being made or removed is cleared away.
  [[nodiscard]] std::vector<std::filesystem::path> folders() const;
  [[nodiscard]] std::shared_ptr<topic> load(const std::filesystem::path& folder) const;
  [[nodiscard]] std::string new_id();

  partition_log::settings with_;
  logger log_;
  std::mt19937_64 random_;
  std::mutex changing_;  // one change at a time; before mutex_
  mutable std::shared_mutex mutex_;
  std::map<topic_name, std::shared_ptr<topic>> topics_;
};

}  // namespace corka::kafka::embedded
