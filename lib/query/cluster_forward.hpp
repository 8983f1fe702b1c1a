// Whom a request for a key is given on to.
#pragma once

#include "query/cluster_map.hpp"

#include <corka/ids.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace corka::query {

/// Decides what becomes of a lookup that this instance cannot answer itself. No I/O, no clock.
///
/// It asks the owner by the known map; where that is wrong or out of reach it looks anew, once, and asks the owner
/// by that. At most two instances are asked, and neither asks further, as the request says that it was forwarded.
class forward_fsm {
 public:
  /// Get the group's map, a new one where `fresh`, and call `mapped`.
  struct look {
    bool fresh = false;
  };
  /// Send it to `to`, then call `replied` or `failed`.
  struct pass {
    std::string to;
  };
  struct redirect {
    std::string to;
  };
  /// There is no answer to be had.
  struct refuse {
    enum class why {
      nobody,       ///< no member holds the partition
      unannounced,  ///< its owner announces no address
      moving,       ///< who should have it has not
      unreachable,  ///< its owner does not answer
      refused,      ///< something at its owner's address wants credentials
    };
    why reason = why::nobody;
    std::string owner;  ///< address, or the member's name where it announces none
    std::string detail;
    partition_id partition;
  };
  /// The reply that was given to `replied` is the answer.
  struct take {};
  using action = std::variant<look, pass, redirect, refuse, take>;

  struct request {
    std::string key;
    /// Where whoever was asked first knows it; else by the map.
    std::optional<partition_id> partition;
    bool redirects = false;
    std::string self;                      ///< the own address
    std::vector<std::string> own_members;  ///< names of the own memberships
  };
  /// What a reply says about who gave it.
  struct reply_kind {
    /// It answered for the partition, if only by saying that there is no such row.
    bool answers = false;
    bool unauthorized = false;
    std::optional<partition_id> partition;  ///< that the key belongs to, as it sees it
  };

  explicit forward_fsm(request r) : asked_{std::move(r)} {}

  [[nodiscard]] static action started() { return look{false}; }
  [[nodiscard]] action mapped(const cluster_map& now);
  [[nodiscard]] action replied(const reply_kind& r);
  [[nodiscard]] action failed(std::string why);

 private:
  action give_up(refuse::why reason, std::string detail = {});

  request asked_;
  bool fresh_ = false;  // the map in use was asked for on purpose
  std::string owner_;
  partition_id partition_{-1};
  std::optional<refuse> last_;  // why the first attempt came to nothing
};

}  // namespace corka::query
