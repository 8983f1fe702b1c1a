#include "flight.hpp"

namespace flights {

namespace {

enum column { year, month, day, dep_time, dep_delay, arr_delay, carrier, number, tailnum, origin, dest, distance };
const std::vector<std::string> columns{"year",    "month",  "day",     "dep_time", "dep_delay", "arr_delay",
                                       "carrier", "flight", "tailnum", "origin",   "dest",      "distance"};

nlohmann::json or_null(const std::optional<int>& n) { return n ? nlohmann::json(*n) : nlohmann::json(nullptr); }

std::optional<int> or_nothing(const nlohmann::json& n) {
  return n.is_null() ? std::nullopt : std::optional{n.get<int>()};
}

}  // namespace

void to_json(nlohmann::json& into, const flight& f) {
  into = {{"year", f.year},
          {"month", f.month},
          {"day", f.day},
          {"dep_time", or_null(f.dep_time)},
          {"dep_delay", or_null(f.dep_delay)},
          {"arr_delay", or_null(f.arr_delay)},
          {"carrier", f.carrier},
          {"flight", f.number},
          {"tailnum", f.tailnum},
          {"origin", f.origin},
          {"dest", f.dest},
          {"distance", f.distance}};
}

void from_json(const nlohmann::json& from, flight& f) {
  from.at("year").get_to(f.year);
  from.at("month").get_to(f.month);
  from.at("day").get_to(f.day);
  f.dep_time = or_nothing(from.at("dep_time"));
  f.dep_delay = or_nothing(from.at("dep_delay"));
  f.arr_delay = or_nothing(from.at("arr_delay"));
  from.at("carrier").get_to(f.carrier);
  from.at("flight").get_to(f.number);
  from.at("tailnum").get_to(f.tailnum);
  from.at("origin").get_to(f.origin);
  from.at("dest").get_to(f.dest);
  from.at("distance").get_to(f.distance);
}

void to_json(nlohmann::json& into, const late_arrival& a) {
  into = a.of;
  into["model"] = a.model;
}

void from_json(const nlohmann::json& from, late_arrival& a) {
  from.get_to(a.of);
  a.model = from.value("model", "");
}

std::string describe(const flight& f) {
  const auto text = [](int n) { return std::to_string(n); };
  return f.carrier + " " + text(f.number) + " of " + text(f.year) + "-" + text(f.month) + "-" + text(f.day) + ", " +
         f.origin + " to " + f.dest + " (" + f.tailnum + "), arrived " + text(f.arr_delay.value_or(0)) +
         " minutes late";
}

flight_file::flight_file(const std::filesystem::path& folder) : rows_{folder / "flights.csv", columns} {}

std::optional<flight> flight_file::next() {
  if (!rows_.next()) return std::nullopt;
  flight f;
  f.year = rows_.number(year);
  f.month = rows_.number(month);
  f.day = rows_.number(day);
  f.dep_time = rows_.number_or_na(dep_time);
  f.dep_delay = rows_.number_or_na(dep_delay);
  f.arr_delay = rows_.number_or_na(arr_delay);
  f.carrier = rows_.text(carrier);
  f.number = rows_.number(number);
  f.tailnum = rows_.text_or_na(tailnum).value_or("unknown");
  f.origin = rows_.text(origin);
  f.dest = rows_.text(dest);
  f.distance = rows_.number(distance);
  return f;
}

}  // namespace flights
