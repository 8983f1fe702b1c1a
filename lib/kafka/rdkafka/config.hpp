// A librdkafka configuration, checked with words that help.
#pragma once

#include "kafka/rdkafka/native.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace corka::kafka::rdkafka {

/// What kind of handle a configuration is for.
enum class role {
  group,    ///< a group's member: leases and commits, fetches nothing
  fetch,    ///< reads partitions, outside any group
  produce,  ///< writes
  admin,    ///< asks and creates
};

/// Properties of one handle. Later settings win.
///
/// Threads: none shared. Errors: error{errc::invalid_option} that names the property and the cure.
class config {
 public:
  explicit config(role r);

  /// One of corka's own settings.
  void set(const std::string& name, const std::string& value);
  /// A user's properties. Those of another kind of handle are left out (one map serves the whole cluster); what corka
  /// depends on cannot be set.
  void apply(const std::map<std::string, std::string>& properties);

  /// "a=1, sasl.password=***": what was set, for logs.
  [[nodiscard]] std::string describe() const;
  /// For rd_kafka_new, which takes it over.
  [[nodiscard]] native::conf take() { return std::move(conf_); }
  [[nodiscard]] rd_kafka_conf_t* get() const noexcept { return conf_.get(); }
  [[nodiscard]] rd_kafka_type_t type() const noexcept;

 private:
  role role_;
  native::conf conf_;
  std::map<std::string, std::string> shown_;
};

/// Whether a property's value must not be shown.
[[nodiscard]] bool is_secret(std::string_view property) noexcept;

/// Known properties that `wrong` may have been meant to be, the likeliest first; at most three.
[[nodiscard]] std::vector<std::string> near_misses(std::string_view wrong);

}  // namespace corka::kafka::rdkafka
