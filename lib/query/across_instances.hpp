// Any instance answers for the whole group.
#pragma once

#include "query/access.hpp"
#include "query/cluster_answers.hpp"
#include "query/cluster_maps.hpp"
#include "query/cluster_ports.hpp"
#include "query/ports.hpp"
#include "query/table_pages.hpp"

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>
#include <corka/http/router.hpp>
#include <corka/log.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::query {

/// What becomes of a request for a key that another instance has.
enum class elsewhere { proxy, redirect };

/// A request that has it came from another instance, and is never given on.
inline constexpr std::string_view forwarded_field = "X-Corka-Forwarded";

/// What one instance said.
struct instance_answer {
  std::string address;  ///< empty: it announces none
  bool self = false;
  std::vector<std::string> members;  ///< names of its memberships; the own ones may be unknown
  std::vector<std::string> groups;
  unsigned status = 0;              ///< of its answer; 0: there was none
  std::optional<std::string> body;  ///< JSON; nothing: see `why`
  std::string why;
};

/// Answers from what is here, and from other instances where it is theirs.
///
/// Requests go to addresses that members of the group announce, without the client's Authorization: `who` proves where
/// they come from instead, and tells nobody the token. What comes back is checked before it is used. Life: `stop`
/// before destruction; what it is given outlives it. Strand: `ex`, the server's. Cancellation: by the server's end.
/// Errors: as problems.
class across_instances {
 public:
  across_instances(executor ex, clock& time, const source& here, const http::router& routes, group_directory& groups,
                   peer_wire& wire, const access& who, logger log, elsewhere usually);
  across_instances(const across_instances&) = delete;
  across_instances& operator=(const across_instances&) = delete;
  ~across_instances();

  /// As `answer_row`, wherever the row is. `?route=proxy|redirect|local`, `?stale=allow`.
  [[nodiscard]] task<http::response> row(http::request r, std::string table, std::string key);
  /// As `answer_rows`, of all partitions; what could not be had is in `missing`.
  [[nodiscard]] task<http::response> rows(http::request r, std::string table);

  /// Asks this instance and all others of the groups, some at a time. `what` has no address; what the client may do
  /// here others do for it. Groups that cannot be found are left out. Answers of more than `most_gathered` bytes
  /// together are not all taken.
  [[nodiscard]] task<std::vector<instance_answer>> gather(http::request r, http::call what,
                                                          std::vector<std::string> groups);
  static constexpr std::size_t most_gathered = 64U << 20U;
  [[nodiscard]] cluster_maps& maps() noexcept { return maps_; }
  /// What is gathered, for all who ask for the same.
  [[nodiscard]] cluster_answers& answers() noexcept { return answers_; }
  [[nodiscard]] const group_directory& directory() const noexcept { return groups_; }

  [[nodiscard]] task<> stop();

 private:
  struct lookup;

  [[nodiscard]] task<http::response> row_elsewhere(lookup& of);
  [[nodiscard]] task<std::optional<http::response>> copy_here(const lookup& of);
  [[nodiscard]] task<std::optional<http::response>> copy_elsewhere(lookup& of, std::string not_from);
  [[nodiscard]] task<http::response> rows_of_all(http::request r, std::string table, rows_query wanted,
                                                 std::vector<rows_page> parts, cluster_maps::map_pointer map);
  [[nodiscard]] task<std::vector<rows_missing>> fetch_parts(http::request r, std::string table, const cluster_map& map,
                                                            std::vector<rows_page>& parts);
  [[nodiscard]] task<http::reply> send(http::call what);
  [[nodiscard]] task<> ask_copy(http::call what, std::optional<http::reply>& into);
  [[nodiscard]] task<> fetch_part(http::call what, std::optional<rows_page>& into, std::string& why);
  struct gathering;
  [[nodiscard]] task<> ask_next(gathering& of);
  [[nodiscard]] task<> ask(http::call what, gathering& of, instance_answer& into);
  [[nodiscard]] http::call call_for(const http::request& r, std::string to, std::string target) const;
  [[nodiscard]] bool may_be_given_on(const http::request& r) const;

  executor ex_;
  const source& here_;
  const http::router& routes_;
  group_directory& groups_;
  peer_wire& wire_;
  const access& who_;
  elsewhere usually_;
  cluster_maps maps_;
  cluster_answers answers_;
};

}  // namespace corka::query
