// What the groups know of aircraft and airlines: two tables, filled from planes.csv and airlines.csv.
#pragma once

#include <corka/corka.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace flights {

struct aircraft {
  std::string manufacturer;
  std::string model;

  [[nodiscard]] std::string name() const { return manufacturer + " " + model; }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(aircraft, manufacturer, model)

struct airline {
  std::string name;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(airline, name)

inline const corka::table<aircraft> all_aircraft{"aircraft"};  // key: tail number
inline const corka::table<airline> all_airlines{"airlines"};   // key: carrier

/// Emits the rows of both files, each once however often it is run, and stops the emitters; a file that is missing is
/// passed over with a word. Returns once `readers` have the rows: flights that are emitted after that meet those of
/// their aircraft and airlines.
[[nodiscard]] corka::task<> emit_tables(corka::emitter<aircraft>& to_aircraft, corka::emitter<airline>& to_airlines,
                                        std::string folder, std::vector<const corka::processor*> readers);

}  // namespace flights
