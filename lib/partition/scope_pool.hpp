// Record scopes for callbacks that run at the same time.
#pragma once

#include "partition/record_scope.hpp"

#include <corka/declaration.hpp>
#include <corka/log.hpp>

#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

namespace corka::partition {

/// Makes scopes as needed and keeps them. Strand: the partition's. Life: of the partition.
class scope_pool {
 public:
  scope_pool(partition_sender& out, joined_tables& beside, const declaration& group, partition_id number,
             executor strand, const logger& log);

  [[nodiscard]] record_scope& take();
  /// A new one whose effects wait for the end of the callback, whatever the group's policy; to be kept.
  [[nodiscard]] record_scope& take_journaled() { return made(true); }
  void give_back(record_scope& scope) { free_.push_back(&scope); }

  /// What became of a send of the scope with this id. False: its callback has ended.
  bool settled(std::uint32_t scope, std::uint64_t tag, offset at, std::error_code failed) {
    return all_[scope - 1]->settled(tag, at, failed);
  }

 private:
  [[nodiscard]] record_scope& made(bool journaled);

  partition_sender& out_;
  joined_tables& beside_;
  const declaration& group_;
  partition_id number_;
  executor strand_;
  const logger& log_;
  bool journals_;                                   // effects wait for the end of the callback
  std::vector<std::unique_ptr<record_scope>> all_;  // by id - 1
  std::vector<record_scope*> free_;
};

}  // namespace corka::partition
