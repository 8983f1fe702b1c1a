#include "kafka/embedded/topic.hpp"

namespace corka::kafka::embedded {

topic::topic(topic_name name, std::string id, topic_config config, std::int32_t partitions,
             const partition_log::settings& with, const logger& log)
    : name_{std::move(name)}, id_{std::move(id)}, config_{std::move(config)}, with_{with}, log_{log} {
  grow(partitions);
}

void topic::grow(std::int32_t partitions) {
  auto all = tables_.empty() ? table{} : *tables_.back();
  for (auto p = static_cast<std::int32_t>(all.size()); p < partitions; ++p) {
    auto own = with_;
    if (!own.directory.empty()) own.directory /= std::to_string(p);
    if (config_.segment_bytes) own.segment_bytes = *config_.segment_bytes;
    all.push_back(std::make_shared<hosted_partition>(std::move(own), log_));
  }
  tables_.push_back(std::make_unique<const table>(std::move(all)));
  present_.store(tables_.back().get(), std::memory_order_release);
}

void topic::set_removed() {
  removed_.store(true, std::memory_order_release);
  wake_all();
}

void topic::reopen() {
  for (const auto& p : *present_.load(std::memory_order_acquire)) p->log().reopen(log_);
}

void topic::wake_all() {
  for (const auto& p : *present_.load(std::memory_order_acquire)) p->wake_all();
}

void topic::maintain(std::int64_t now_ms, bool forced) {
  for (const auto& p : *present_.load(std::memory_order_acquire)) {
    auto& log = p->log();
    if (forced && config_.compacted) log.roll();
    log.roll_if_older(now_ms - config_.segment_ms);
    if (config_.deleted) {
      std::optional<std::int64_t> keep_from;
      if (config_.retention_ms) keep_from = now_ms - *config_.retention_ms;
      if (log.retain(keep_from, config_.retention_bytes)) p->wake_all();
    }
    if (config_.compacted) {
      log.compact(now_ms, config_.delete_retention_ms, forced ? 0.0 : config_.min_cleanable_dirty_ratio);
    }
  }
}

}  // namespace corka::kafka::embedded
