#include "query/cluster_forward.hpp"

#include <algorithm>
#include <utility>

namespace corka::query {

forward_fsm::action forward_fsm::mapped(const cluster_map& now) {
  const auto before = std::exchange(owner_, {});
  partition_ = asked_.partition.value_or(now.partition_of(asked_.key));
  const auto* const owner = now.owner(partition_);
  if (owner == nullptr) return give_up(refuse::why::nobody);
  owner_ = owner->address.empty() ? owner->name : owner->address;
  // It is said to be here, and is not: it comes, or has just gone.
  const bool own = (!asked_.self.empty() && owner->address == asked_.self) ||
                   std::ranges::find(asked_.own_members, owner->name) != asked_.own_members.end();
  if (own) return give_up(refuse::why::moving);
  if (owner->address.empty()) return give_up(refuse::why::unannounced);
  if (asked_.redirects) return redirect{owner_};
  // Asking the same one again would not help.
  if (last_ && last_->reason == refuse::why::unreachable && before == owner_) return *last_;
  return pass{owner_};
}

forward_fsm::action forward_fsm::replied(const reply_kind& r) {
  if (r.unauthorized) return refuse{refuse::why::refused, owner_, {}, partition_};
  if (r.answers) return take{};
  if (r.partition) asked_.partition = r.partition;
  return give_up(refuse::why::moving);
}

forward_fsm::action forward_fsm::failed(std::string why) { return give_up(refuse::why::unreachable, std::move(why)); }

forward_fsm::action forward_fsm::give_up(refuse::why reason, std::string detail) {
  last_ = refuse{reason, owner_, std::move(detail), partition_};
  if (std::exchange(fresh_, true)) return *last_;
  return look{true};
}

}  // namespace corka::query
