#include "partition/scope_pool.hpp"

#include "partition/failure_plan.hpp"
#include "partition/journaled_scope.hpp"

#include <utility>

namespace corka::partition {

scope_pool::scope_pool(partition_sender& out, joined_tables& beside, const declaration& group, partition_id number,
                       executor strand, const logger& log)
    : out_{out},
      beside_{beside},
      group_{group},
      number_{number},
      strand_{std::move(strand)},
      log_{log},
      journals_{failure_plan{group.failures}.journals()} {}

record_scope& scope_pool::take() {
  if (free_.empty()) return made(journals_);
  auto& scope = *free_.back();
  free_.pop_back();
  return scope;
}

record_scope& scope_pool::made(bool journaled) {
  const auto id = static_cast<std::uint32_t>(all_.size() + 1);
  if (journaled) all_.push_back(std::make_unique<journaled_scope>(out_, beside_, id, strand_, log_));
  else all_.push_back(std::make_unique<record_scope>(out_, beside_, id, strand_, log_));
  auto& scope = *all_.back();
  scope.partition = number_;
  scope.group = &group_.name;
  scope.state_codec = group_.table ? group_.table->state_codec.get() : nullptr;
  return scope;
}

}  // namespace corka::partition
