// Finds by seed what goes wrong when everything that can go wrong does.
#pragma once

#include <corka/declaration.hpp>
#include <corka/group.hpp>
#include <corka/processor.hpp>
#include <corka/service.hpp>
#include <corka/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka {

/// A record as it is in a topic of a simulation; no value: a tombstone.
struct simulated_record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
};

/// The cluster as invariants see it: every record that was ever written, whatever retention or compaction has let go
/// since.
class simulated_state {
 public:
  virtual ~simulated_state() = default;

  /// In the order of their writing; those of one partition in that of their offsets.
  [[nodiscard]] virtual const std::vector<simulated_record>& records(const std::string& topic) const = 0;
  /// Null: there is none.
  [[nodiscard]] virtual const simulated_record* record(const std::string& topic, std::int32_t partition,
                                                       std::int64_t offset) const = 0;
  /// What a table made from the topic holds now.
  [[nodiscard]] virtual const std::map<std::string, std::string>& table(const std::string& topic) const = 0;
  /// Of what the group has committed; 0: nothing.
  [[nodiscard]] virtual std::int64_t committed(const std::string& group, const std::string& topic,
                                               std::int32_t partition) const = 0;
  /// A group's table was written to by a member that had lost the partition and not heard of it, as after it stood
  /// still: at least once does not rule that out, and rows may then be those of before.
  [[nodiscard]] virtual bool stale_writes() const = 0;
  /// The same of one row, the only one that it may have changed.
  [[nodiscard]] virtual bool stale_write(const std::string& table, const std::string& key) const = 0;
  /// Nothing went wrong and nobody came or went: counts are exact.
  [[nodiscard]] virtual bool clean() const = 0;
};

/// A group has committed the records of one input from `from` to before `next`.
struct simulated_commit {
  std::string group;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t from = 0;
  std::int64_t next = 0;
};

struct simulation_options {
  /// Keep the story: `simulation_result::trace`.
  bool trace = false;
  /// After a failure: leave out faults as long as it still fails.
  bool shrink = false;
  /// Keep local copies in LMDB, in temporary folders, which takes longer; else in memory, in the manner of LMDB or of a
  /// store of the program's own, as the seed has it.
  bool lmdb = false;
};

struct simulation_result {
  std::uint64_t seed = 0;
  /// Empty: everything held. Else which invariant did not, and how.
  std::string failure;
  /// What went wrong on purpose, in order, in words; after `shrink` the least that still makes it fail.
  std::vector<std::string> faults;
  /// What everybody did, in order, with virtual times. The same seed, the same text.
  std::string trace;
  /// Virtual seconds, and handlers run.
  double seconds = 0;
  std::uint64_t steps = 0;

  [[nodiscard]] bool passed() const noexcept { return failure.empty(); }
};

/// A graph, what is fed to it, and what must hold; played by seed.
///
/// Two or three instances run the graph on the embedded broker, in one thread and in virtual time. The seed decides
/// when records arrive, in which batches they are fetched, whose turn is next, how long everything takes, and what goes
/// wrong: instances are killed at any await, and in the middle of a write to their disk, stopped, suspended and cut
/// off; their power fails, and with it goes what their disk was not made to keep; the broker is killed in the middle of
/// any call of its disk, and started again on what that has kept, or is away; deliveries fail, written or not, or are
/// written twice; sessions expire, members come and go; disks are full, local copies are lost; clocks jump. Then all
/// that ends, and the graph has to come to rest. Who ends because a disk is full is started again.
///
/// These invariants are looked at in any graph, while it runs: a record is not begun before its key's earlier ones
/// have ended, and two of one key never overlap in one instance; no offset is committed that has an unfinished record
/// below it, and none goes back; only the partition's owner commits; a local copy is never ahead of its topic, and has
/// the topic's rows up to its offset whenever it was written or opened; whenever the broker was started again, what it
/// had acknowledged, records and offsets, is there, and what was read has not changed. At the end: every record was
/// processed; nothing acknowledged is lost; local copies, views included, are equal to their topics; every stop has
/// ended within its deadline; no coroutine, member or open store is left. Callbacks must not fail of themselves.
///
/// Life: a value that is set up once. Threads: `play` from any number of threads at once; what is given to it is then
/// called from these.
class simulation {
 public:
  /// Makes the n-th record that is fed; `random` follows from the seed.
  using source = std::function<std::pair<std::string, std::string>(std::size_t n, std::uint64_t random)>;
  /// Empty: it holds.
  using invariant = std::function<std::string(const simulated_state&)>;
  using commit_invariant = std::function<std::string(const simulated_state&, const simulated_commit&)>;

  explicit simulation(std::string name) : name_{std::move(name)} {}

  /// A topic that has to be there: an output.
  simulation& topic(std::string name, std::int32_t partitions);
  /// An input that `records` records are written to, keys and encoded values.
  simulation& feed(std::string topic, std::int32_t partitions, std::size_t records, source make);
  /// Every instance runs a processor of the group.
  template <class State, class Codec>
  simulation& run(const group<State, Codec>& g, processor_options options = {}) {
    return run(g.declared(), std::move(options));
  }
  simulation& run(declaration g, processor_options options = {});
  /// Every instance runs what `make` makes: a view, a service of the program's own.
  simulation& run_service(std::function<std::shared_ptr<service>()> make);
  /// Copies of this topic hold something else than its records: it has an `update_rule`.
  simulation& transformed(std::string topic);

  /// Must hold at each commit of offsets: that what the group has done with the records is in its topics.
  simulation& at_each_commit(std::string name, commit_invariant holds);
  /// Must hold once the graph has come to rest.
  simulation& at_the_end(std::string name, invariant holds);

  /// Threads: any. Errors: none but std::bad_alloc; what goes wrong is in the result.
  [[nodiscard]] simulation_result play(std::uint64_t seed, simulation_options options = {}) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  struct fed {
    std::string topic;
    std::int32_t partitions = 0;
    std::size_t records = 0;
    source make;
  };
  struct declared {
    declaration what;
    processor_options options;
  };
  /// What was set up, for who plays it.
  struct setup {
    std::vector<std::pair<std::string, std::int32_t>> topics;
    std::vector<fed> feeds;
    std::vector<declared> groups;
    std::vector<std::function<std::shared_ptr<service>()>> services;
    std::vector<std::string> transformed;
    std::vector<std::pair<std::string, commit_invariant>> at_commits;
    std::vector<std::pair<std::string, invariant>> at_end;
  };
  [[nodiscard]] const setup& parts() const noexcept { return setup_; }

 private:
  std::string name_;
  setup setup_;
};

}  // namespace corka
