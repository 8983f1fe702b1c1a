// One row of flights.csv, as it travels through the topics.
#pragma once

#include "csv_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace flights {

/// A flight that was planned; without `dep_time` it did not take place.
struct flight {
  int year = 0;
  int month = 0;
  int day = 0;
  std::optional<int> dep_time;   ///< local, as in 1415
  std::optional<int> dep_delay;  ///< minutes; negative: early
  std::optional<int> arr_delay;
  std::string carrier;
  int number = 0;
  std::string tailnum;  ///< "unknown" where the data has none
  std::string origin;
  std::string dest;
  int distance = 0;  ///< miles

  [[nodiscard]] bool flown() const { return dep_time.has_value(); }
  [[nodiscard]] bool very_late() const { return arr_delay >= 180; }
};

void to_json(nlohmann::json& into, const flight& f);
void from_json(const nlohmann::json& from, flight& f);

/// A flight that came three hours late or later, with the aircraft's model; empty where that is not known.
struct late_arrival {
  flight of;
  std::string model;
};
void to_json(nlohmann::json& into, const late_arrival& a);
void from_json(const nlohmann::json& from, late_arrival& a);

/// "UA 1545 of 2013-1-1, EWR to IAH (N14228), arrived 203 minutes late".
[[nodiscard]] std::string describe(const flight& f);

/// The flights of a file, in its order. Errors: std::runtime_error that names file, line and cure.
class flight_file {
 public:
  explicit flight_file(const std::filesystem::path& folder);
  /// Nothing at the end.
  [[nodiscard]] std::optional<flight> next();

 private:
  csv_file rows_;
};

}  // namespace flights
