#include "support/flights_truth.hpp"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace corka::test {

namespace {

void add(nlohmann::json& to, const char* name, std::int64_t n) { to[name] = to.at(name).get<std::int64_t>() + n; }

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::stringstream rest{line};
  for (std::string field; std::getline(rest, field, ',');) fields.push_back(field);
  return fields;
}

/// `what` of each row by its first field.
template <class What>
std::map<std::string, std::string> by_key(const std::filesystem::path& file, What what) {
  std::ifstream in{file};
  if (!in) throw std::runtime_error{"no " + file.string()};
  std::map<std::string, std::string> found;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    const auto fields = split(line);
    found[fields.at(0)] = what(fields);
  }
  return found;
}

}  // namespace

flights_counts flights_truth(const std::filesystem::path& folder, std::size_t most) {
  std::ifstream in{folder / "flights.csv"};
  if (!in) throw std::runtime_error{"no flights.csv in " + folder.string()};
  std::string line;
  std::getline(in, line);
  const auto header = split(line);

  flights_counts truth;
  while (truth.rows < most && std::getline(in, line)) {
    const auto fields = split(line);
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < header.size(); ++i) row[header[i]] = fields.at(i);
    ++truth.rows;
    const auto tail = row.at("tailnum") == "NA" ? "unknown" : row.at("tailnum");
    auto& plane =
        truth.planes
            .try_emplace(tail,
                         nlohmann::json{{"flights", 0}, {"cancelled", 0}, {"miles", 0}, {"arr_delay", 0}, {"last", ""}})
            .first->second;
    auto& carrier = truth.carriers
                        .try_emplace(row.at("carrier"),
                                     nlohmann::json{{"flights", 0}, {"cancelled", 0}, {"delayed", 0}, {"dep_delay", 0}})
                        .first->second;
    const bool flown = row.at("dep_time") != "NA";
    add(plane, flown ? "flights" : "cancelled", 1);
    add(carrier, flown ? "flights" : "cancelled", 1);
    if (flown) {
      add(plane, "miles", std::stoll(row.at("distance")));
      plane["last"] = row.at("dest");
    }
    if (const auto& delay = row.at("arr_delay"); delay != "NA") {
      add(plane, "arr_delay", std::stoll(delay));
      if (std::stoll(delay) >= 180) ++truth.late;
    }
    if (const auto& delay = row.at("dep_delay"); delay != "NA") {
      add(carrier, "dep_delay", std::stoll(delay));
      if (std::stoll(delay) > 15) add(carrier, "delayed", 1);
    }
  }
  auto models = by_key(folder / "planes.csv", [](const auto& row) { return row.at(3) + " " + row.at(4); });
  auto names = by_key(folder / "airlines.csv", [](const auto& row) { return row.at(1); });
  for (auto& [tail, plane] : truth.planes) plane["model"] = models[tail];
  for (auto& [code, carrier] : truth.carriers) carrier["name"] = names[code];
  return truth;
}

}  // namespace corka::test
