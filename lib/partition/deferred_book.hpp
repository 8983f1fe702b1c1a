// The records of one partition that are done later than their callbacks.
#pragma once

#include "partition/delivery_inbox.hpp"
#include "partition/send_ledger.hpp"

#include <corka/deferred.hpp>
#include <corka/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace corka::partition {

/// What a handle says comes, as acknowledgements do, through the delivery inbox, from any thread. Tags are of a range
/// of their own.
///
/// Strand: the partition's. Life: handles may outlive it.
class deferred_book {
 public:
  static constexpr std::uint64_t mark = 1ULL << 63U;

  explicit deferred_book(std::shared_ptr<delivery_inbox> inbox) : inbox_{std::move(inbox)} {}

  struct opened {
    std::uint64_t tag;
    deferred handle;
  };
  /// `running`: what the handle says counts only once `callback_ended` is called.
  [[nodiscard]] opened open(const origin& from, std::string where, bool running);

  /// The end of a handle.
  struct ended {
    origin from;
    std::optional<std::string> failed;
  };
  /// A handle reported. Nothing: it is not known any more, or its callback still runs.
  [[nodiscard]] std::optional<ended> reported(const kafka::delivery_report& report);
  /// The callback returned. Nothing: the handle has not reported yet.
  [[nodiscard]] std::optional<ended> callback_ended(std::uint64_t tag);
  /// The callback failed: whatever the handle says is passed over.
  [[nodiscard]] origin forget(std::uint64_t tag);

  [[nodiscard]] std::size_t size() const { return open_.size(); }
  /// Where the records are, the oldest first, at most `most`.
  [[nodiscard]] std::vector<std::string> names(std::size_t most) const;

 private:
  class handle;
  struct entry {
    origin from;
    std::string where;
    std::shared_ptr<handle> by;
    bool running = false;
    bool has_reported = false;
  };
  [[nodiscard]] ended take(std::map<std::uint64_t, entry>::iterator at);

  std::shared_ptr<delivery_inbox> inbox_;
  std::uint64_t next_ = mark;
  std::map<std::uint64_t, entry> open_;
};

}  // namespace corka::partition
