// What a group declares, without the types: the form in which it is validated, described and run.
#pragma once

#include <corka/detail/record_context.hpp>
#include <corka/failure.hpp>
#include <corka/ids.hpp>
#include <corka/partitioner.hpp>
#include <corka/status.hpp>
#include <corka/table_update.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

namespace corka {

/// In which order the records of several inputs of one partition are given to callbacks. Records of one input always
/// keep their order.
enum class input_order {
  /// As they arrive, batch by batch: nothing is waited for.
  by_arrival,
  /// The oldest timestamp first, equal ones in the order of declaration; a record older than what was processed already
  /// goes next. For inputs that have nothing, see `idle_wait`.
  by_timestamp,
};

struct group_options {
  /// Name of the group table's topic is the group's name and this.
  std::string table_suffix = "-table";
  /// Name of the loop's topic is the group's name and this.
  std::string loop_suffix = "-loop";
  /// How long the loop's records are kept; what is older is lost to a group that is further behind. At least a minute.
  std::chrono::milliseconds loop_retention = std::chrono::hours{24 * 7};
  /// With several inputs, or an input and a loop.
  input_order order = input_order::by_arrival;
  /// Only by_timestamp: how long the records of other inputs wait for one that has none, in case an older one is still
  /// to come; each time that all of them run dry anew, so this is the latency of a quiet group. An input that the
  /// broker is known to have more of is waited for up to 10 s. The loop is not waited for: it gets its records from
  /// the others. 0: only for what the broker is known to have.
  std::chrono::milliseconds idle_wait{100};
};

class middleware;

/// Runs a callback for a record; made by group<State>.
class record_handler {
 public:
  explicit record_handler(bool is_coroutine) : is_coroutine_{is_coroutine} {}
  record_handler(const record_handler&) = delete;
  record_handler& operator=(const record_handler&) = delete;
  virtual ~record_handler() = default;

  /// True: `start` is used; false: `call`.
  [[nodiscard]] bool is_coroutine() const noexcept { return is_coroutine_; }
  virtual void call(detail::record_context& context) const = 0;
  [[nodiscard]] virtual task<> start(detail::record_context& context) const = 0;

 private:
  bool is_coroutine_;
};

/// How an input's callback is run.
struct input_options {
  /// Coroutine callbacks of one partition that may be suspended at once; 1..100'000. More than 1: records of different
  /// keys overlap and may end in another order, those of one key still run one after another, in order. A slow key
  /// holds up the others only when 4 x `concurrency` records, at least 256, wait behind busy keys. Each running record
  /// keeps its batch in memory. With `concurrency` 1000 and 8 partitions 8'000 may run.
  ///
  /// The committed position has no holes. A stop, or a move of the partition, therefore lets end what has begun, and
  /// what waits before it, within `processor_options::revoke_deadline`; after a crash, or a deadline that was too
  /// short, what was done above a record that was not is called again.
  std::size_t concurrency = 1;
};

/// An input stream, or the loop, or the changes of a joined table.
struct input_edge {
  topic_name topic;
  std::string codec;
  partitioner partition_by = partitioner::fnv1a;
  bool tombstones = false;  ///< the callback takes std::optional: it sees tombstones; else they are passed over
  std::shared_ptr<const record_handler> handler;
  std::size_t concurrency = 1;  ///< of input_options
};

/// A callback for rows of the group's own table.
struct visitor_edge {
  topic_name name;  ///< what contexts show as the topic
  /// Of what the visit gives to every call.
  std::type_index meta{typeid(void)};
  std::shared_ptr<const record_handler> handler;
  /// Makes what the visit gives to every call out of JSON; empty where its type has no conversion. Throws
  /// nlohmann::json::exception.
  std::function<std::shared_ptr<const void>(std::string_view json)> from_json{};
};

struct output_edge {
  topic_name topic;
  std::string codec;
  partitioner partition_by = partitioner::fnv1a;
};

/// A table that is read beside the inputs: by partition (join), or whole (lookup).
struct beside_edge {
  topic_name topic;
  std::string codec;
  partitioner partition_by = partitioner::fnv1a;
  update_rule update{};  ///< what is stored for a record
};

/// The group's own table.
struct table_edge {
  topic_name topic;
  std::string codec;
  /// What record contexts get as `state_codec`.
  std::shared_ptr<const void> state_codec;
  /// A row's bytes as JSON text, for people; throws what the codec throws.
  std::function<std::string(std::string_view)> to_json;
};

/// A whole group.
struct declaration {
  group_name name;
  group_options options;
  std::vector<input_edge> inputs;
  std::vector<output_edge> outputs;
  std::vector<beside_edge> joins;    ///< co-partitioned with the inputs
  std::vector<beside_edge> lookups;  ///< any number of partitions
  std::optional<table_edge> table;
  std::optional<input_edge> loop;
  std::vector<visitor_edge> visitors;
  std::vector<input_edge> changes;  ///< joined tables with callbacks for what changes in them
  /// Around every callback, the first declared outermost.
  std::vector<std::shared_ptr<const middleware>> middlewares;
  failure_policies failures;
  int loops_declared = 0;  ///< more than one is a problem
  /// `detail::loop_of<V, Codec>` of the loop.
  std::type_index loop_type{typeid(void)};

  /// Every reason why this cannot run, each with its cure; empty if it can.
  [[nodiscard]] std::vector<std::string> problems() const;
  /// @throws error{errc::invalid_declaration} that lists all problems.
  void validate() const;
  /// One line an edge: "input clicks: json".
  [[nodiscard]] std::vector<std::string> describe() const;
  /// The same for programs, visitors aside.
  [[nodiscard]] std::vector<edge_status> edges() const;
  /// Topics for records that are put aside, each once.
  [[nodiscard]] std::vector<topic_name> dead_letters() const;
  /// How their keys are partitioned: as an output of the name is, else as the inputs.
  [[nodiscard]] partitioner dead_letters_by(const topic_name& topic) const;
  /// The callback for changes of this joined table; null where there is none.
  [[nodiscard]] const input_edge* changes_of(const topic_name& joined) const;
  /// The input that comes first in name order: its partition numbers are what members lease.
  [[nodiscard]] const topic_name& driver() const;
};

}  // namespace corka
