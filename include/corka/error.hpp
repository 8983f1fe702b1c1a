// What can go wrong, as codes to test for and messages that say what to do.
#pragma once

#include <corka/ids.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace corka {

enum class errc {
  // declaration and use
  invalid_declaration = 1,  ///< the group as declared cannot work; the message lists every reason
  not_declared,             ///< a callback used a topic that its group does not declare
  invalid_option,           ///< an option or flag has a value that cannot be
  decode_failed,            ///< bytes are not what the codec expects
  encode_failed,            ///< a value cannot be written by its codec
  callback_failed,          ///< a callback threw, or called fail()
  // topics and groups
  topic_unknown,        ///< the cluster has no such topic
  topic_exists,         ///< to be created, but already there
  topic_mismatch,       ///< a topic exists with other settings than needed
  not_copartitioned,    ///< topics that belong together have different numbers of partitions
  offset_out_of_range,  ///< the asked offset was never written, or is deleted by retention
  // connection and delivery
  broker_unavailable,     ///< no broker answered in time; trying again may help
  delivery_failed,        ///< a record could not be written
  record_too_large,       ///< larger than the broker takes
  rebalance_in_progress,  ///< the group is changing; send again after it
  not_assigned,           ///< the partition is not, or no longer, this member's
  duplicate_instance,     ///< another member of the group has the same instance id
  unauthorized,           ///< the cluster refused the credentials or the operation
  timed_out,              ///< the deadline passed
  // local state
  not_recovered,       ///< the table partition is still being read
  store_failed,        ///< the local store cannot be read or written
  store_in_use,        ///< another process has the state directory open
  store_incompatible,  ///< the local copy has another format, topic or partition
  // life
  stopped,   ///< asked to end
  internal,  ///< a bug in corka
};

[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// Failure of something outside the program's logic. `what()` is a full sentence that ends in what to do; the fields
/// say where it happened, as far as that is known.
class error : public std::system_error {
 public:
  error(errc code, const std::string& message) : std::system_error{make_error_code(code), message}, message_{message} {}
  error(errc code, const std::string& message, topic_partition where, std::optional<offset> at = {})
      : error{code, message} {
    where_ = std::move(where);
    at_ = at;
  }

  /// The message alone, without the code's own text.
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] errc kind() const noexcept { return static_cast<errc>(code().value()); }
  [[nodiscard]] const std::optional<topic_partition>& where() const noexcept { return where_; }
  [[nodiscard]] const std::optional<offset>& at() const noexcept { return at_; }

 private:
  std::string message_;
  std::optional<topic_partition> where_;
  std::optional<offset> at_;
};

}  // namespace corka

template <>
struct std::is_error_code_enum<corka::errc> : std::true_type {};
