// What really happened, whatever anybody believes.
#pragma once

#include "kafka/embedded/broker.hpp"

#include <corka/ids.hpp>
#include <corka/simulation.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::simulation_parts {

/// Keeps every record that the broker took, which of them it acknowledged, which were processed, and what was
/// committed; and the first invariant that did not hold.
///
/// Life: outlives what reports to it. Threads: one.
class truth final : public simulated_state {
 public:
  explicit truth(const simulation::setup& what) : what_{what} {}
  /// Where the records are.
  void look_at(kafka::embedded::broker& b) { broker_ = &b; }

  [[nodiscard]] const std::vector<simulated_record>& records(const std::string& topic) const override;
  [[nodiscard]] const simulated_record* record(const std::string& topic, std::int32_t partition,
                                               std::int64_t offset) const override;
  [[nodiscard]] const std::map<std::string, std::string>& table(const std::string& topic) const override;
  [[nodiscard]] std::int64_t committed(const std::string& group, const std::string& topic,
                                       std::int32_t partition) const override;
  [[nodiscard]] bool clean() const override { return clean_; }
  void disturbed() { clean_ = false; }

  [[nodiscard]] bool stale_writes() const override { return !stale_rows_.empty(); }
  [[nodiscard]] bool stale_write(const std::string& table, const std::string& key) const override {
    return stale_rows_.contains({table, key});
  }

  /// A client is to write a record.
  void sent(const topic_partition& where, std::string_view key, std::string_view value, const std::string& client);
  /// It writes there now; whether that succeeds is not known.
  void writes(const topic_partition& where, const std::string& client) { writing_[where] = client; }
  /// The broker has new records, of this client.
  void written(const topic_partition& where, std::int64_t first, std::size_t n, const std::string& client);
  void acknowledged(const topic_partition& where, std::int64_t first, std::size_t n);
  void committed(const std::string& group, const std::string& member, const topic_partition& where, std::int64_t next);
  /// It was started again, on what its disk has kept: looks at what that is.
  void broker_reopened();

  /// A callback is about to run, or has ended, for a record, in the life of an instance that `by` stands for.
  void begun(const void* by, const std::string& group, const topic_partition& where, std::int64_t at);
  void ended(const void* by, const std::string& group, const topic_partition& where, std::int64_t at, bool done);

  /// Whether the row was ever what a local copy says; no value: there is none.
  [[nodiscard]] bool was(const topic_partition& table, std::string_view key, const std::string_view* value) const;
  /// One past the last record.
  [[nodiscard]] std::int64_t end_of(const topic_partition& of) const;
  /// Rows of one partition, as of the records below `before`.
  [[nodiscard]] std::map<std::string, std::string> rows(const topic_partition& of, std::int64_t before) const;

  /// Why these are no rows of a copy that has all records below `at`; empty: they are. A row may be newer.
  [[nodiscard]] std::string misfit(const topic_partition& of, const std::map<std::string, std::string>& rows,
                                   std::int64_t at) const;

  /// Everything was processed, and is in the broker still.
  void at_rest();

  void violated(std::string_view invariant, const std::string& how);
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

 private:
  struct partition_log {
    std::vector<std::size_t> at;  ///< index in topic_log::all, by offset
  };
  struct topic_log {
    std::vector<simulated_record> all;
    std::map<std::int32_t, partition_log> partitions;
    std::map<std::string, std::string> rows;
  };
  /// What a group has done with an input.
  struct progress {
    std::vector<bool> done;  ///< by offset
    std::int64_t committed = 0;
    std::map<std::pair<const void*, std::string>, std::int64_t> running;  ///< by life and key
  };

  void read(const topic_partition& where, std::int64_t first, std::size_t n, topic_log& into) const;
  [[nodiscard]] progress& of(const std::string& group, const topic_partition& where) {
    return progress_[{group, where}];
  }
  [[nodiscard]] bool passed_over(const std::string& group, const std::string& topic, const simulated_record& r) const;
  [[nodiscard]] const simulation::declared* writer_of(const topic_name& table) const;
  [[nodiscard]] std::string holder_of(const topic_partition& where, const std::string& client) const;
  /// Whether the broker has it still.
  [[nodiscard]] bool is_kept(const topic_partition& of, std::int64_t at) const;
  void passed(progress& p, const std::string& group, const topic_partition& where, std::int64_t next);
  void no_record_lost();
  void nothing_acknowledged_lost();

  const simulation::setup& what_;
  kafka::embedded::broker* broker_ = nullptr;
  std::map<std::string, topic_log> topics_;
  std::map<std::pair<std::string, topic_partition>, progress> progress_;
  std::map<topic_partition, std::set<std::int64_t>> acknowledged_;
  std::map<topic_partition, std::string> writing_;  ///< who was the last one to
  /// Table rows on their way, by who sends them and what: the membership that the sender had.
  std::map<std::pair<std::string, topic_partition>, std::map<std::string, std::string>> sent_;
  bool clean_ = true;
  std::set<std::pair<std::string, std::string>> stale_rows_;  ///< by table and key
  std::string failure_;
};

}  // namespace corka::simulation_parts
