#include <corka/error.hpp>

namespace corka {

namespace {

class category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "corka"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::invalid_declaration: return "the group's declaration cannot work";
      case errc::not_declared: return "the group does not declare this topic";
      case errc::invalid_option: return "invalid option";
      case errc::decode_failed: return "bytes cannot be decoded";
      case errc::encode_failed: return "value cannot be encoded";
      case errc::callback_failed: return "callback failed";
      case errc::topic_unknown: return "unknown topic";
      case errc::topic_exists: return "topic exists already";
      case errc::topic_mismatch: return "topic exists with other settings";
      case errc::not_copartitioned: return "topics have different numbers of partitions";
      case errc::offset_out_of_range: return "offset out of range";
      case errc::broker_unavailable: return "no broker available";
      case errc::delivery_failed: return "record could not be delivered";
      case errc::record_too_large: return "record too large";
      case errc::rebalance_in_progress: return "rebalance in progress";
      case errc::not_assigned: return "partition not assigned";
      case errc::duplicate_instance: return "instance id in use by another member";
      case errc::unauthorized: return "unauthorized";
      case errc::timed_out: return "timed out";
      case errc::not_recovered: return "table not recovered yet";
      case errc::store_failed: return "local store failed";
      case errc::store_in_use: return "state directory in use by another process";
      case errc::store_incompatible: return "local copy is of another table or format";
      case errc::stopped: return "stopped";
      case errc::internal: return "internal error";
    }
    return "unknown error " + std::to_string(value);
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const category only;
  return only;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), error_category()}; }

}  // namespace corka
