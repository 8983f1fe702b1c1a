// The local copies of one instance of a simulation, and what is left of them.
#pragma once

#include "base/dice.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <memory>

namespace corka::simulation_parts {

/// Stores that outlive their processes, as disks do. Threads: one. Life: outlives the stores it opened.
struct instance_copies : store::store_factory {
  // While none is open.
  /// The machine's power has failed: what was not synced is lost, as far as the store lets that happen.
  virtual void power_failed() = 0;
  /// The disk was replaced.
  virtual void lost() = 0;
};

/// In memory, in the manner of a kind of store. What was applied outlives the process always; a power failure only as
/// the manner has it. An `apply` happens or it does not: to be torn is to have been found out.
enum class copy_manner {
  /// LMDB's: nothing is synced before `close`, and a mark says so. What was written since is dropped.
  marked,
  /// A journal's, as that of a store of the program's own (apps/own_store): the state of the last `apply`, or of some
  /// earlier one, is found again.
  journal,
};
[[nodiscard]] std::shared_ptr<instance_copies> copies_in_memory(copy_manner manner, dice by);

/// Real ones, in LMDB. A power failure is another boot of the machine; a file may be found cut.
[[nodiscard]] std::shared_ptr<instance_copies> copies_in_lmdb(dice by);

}  // namespace corka::simulation_parts
