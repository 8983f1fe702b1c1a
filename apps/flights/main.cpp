// flights: what the planes and carriers of New York City's airports did in 2013, counted while the flights stream by.
//
// An emitter writes the rows of flights.csv to a topic; the groups in groups.hpp keep counts by plane and by carrier,
// with what two tables know of aircraft and airlines.
#include "emission.hpp"
#include "groups.hpp"
#include "report.hpp"
#include "tables.hpp"

#include <corka/corka.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

/// The tables first: whoever processes a flight then finds its aircraft and airline.
corka::task<> emit_all(corka::emitter<flights::aircraft>& aircraft, corka::emitter<flights::airline>& airlines,
                       corka::emitter<flights::flight>& to, std::string data, double rate,
                       std::vector<const corka::processor*> readers, flights::emission& progress) {
  co_await flights::emit_tables(aircraft, airlines, data, std::move(readers));
  co_await flights::emit_rows(to, data, rate, progress);
}

}  // namespace

int main(int argc, char** argv) {
  std::string data = FLIGHTS_DATA;
  double rate = 50;
  std::int64_t partitions = 4;
  std::vector<std::string> only;

  corka::app app{argc, argv, "Counts the flights that left New York City in 2013, by plane and by carrier."};
  app.flag("--data", data, "Folder with flights.csv, planes.csv and airlines.csv, as in the data set nycflights13");
  app.flag("--rate", rate, "Flights emitted per second; 0: as fast as it goes");
  app.flag("--partitions", partitions, "Partitions of topics that are made");
  app.flag("--only", only, "Runs parts only: emit, planes, carriers");
  app.parse();
  if (rate < 0) app.refuse("--rate", "it is negative: give flights per second, or 0");
  if (partitions < 1 || partitions > 1000) app.refuse("--partitions", "it is out of range: 1 to 1000 is possible");
  for (const auto& part : only) {
    if (part != "emit" && part != "planes" && part != "carriers") {
      app.refuse("--only", "'" + part + "' is no part: choose from emit, planes, carriers");
    }
  }
  const auto runs = [&](std::string_view part) {
    return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
  };

  corka::emitter_options topic;
  topic.create_with_partitions = static_cast<std::int32_t>(partitions);
  corka::emitter<flights::flight> emitter{flights::all_flights, topic};
  corka::emitter<flights::aircraft> aircraft{flights::all_aircraft, topic};
  corka::emitter<flights::airline> airlines{flights::all_airlines, topic};
  flights::emission emission;

  auto options = app.defaults();
  options.create_topics = corka::topic_creation::all;
  options.new_topic_partitions = static_cast<std::int32_t>(partitions);
  corka::processor planes{flights::planes(rate > 0 && rate <= 1000), options};
  corka::processor carriers{flights::carriers(), options};

  std::vector<const corka::processor*> readers;
  if (runs("planes")) readers.push_back(&planes);
  if (runs("carriers")) readers.push_back(&carriers);
  corka::job emit{
      [&](corka::runtime&) { return emit_all(aircraft, airlines, emitter, data, rate, readers, emission); }};

  flights::report report{runs("emit") ? &emission : nullptr};
  corka::job progress{[&](corka::runtime&) { return report.run(app.url()); }};

  std::vector<corka::service*> services{&progress};
  if (runs("emit")) services.insert(services.end(), {&aircraft, &airlines, &emitter, &emit});
  if (runs("planes")) {
    services.push_back(&planes);
    report.watch(planes, "N14228");
  }
  if (runs("carriers")) {
    services.push_back(&carriers);
    report.watch(carriers, "UA");
  }
  const auto code = app.run_all(services);
  if (code != 2) report.print_totals();
  return code;
}
