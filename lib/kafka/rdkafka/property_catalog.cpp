#include "kafka/rdkafka/property_catalog.hpp"

#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string_view>

namespace corka::kafka::rdkafka {

namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(' ') - first + 1)};
}

// librdkafka prints a table, "name | C/P | range | ...", and has no other way to list all names with their kinds.
std::string printed_table() {
  char* text = nullptr;
  std::size_t size = 0;
  FILE* const into = open_memstream(&text, &size);
  if (into == nullptr) return {};
  rd_kafka_conf_properties_show(into);
  std::fclose(into);
  std::string table{text, size};
  std::free(text);  // NOLINT: open_memstream gives memory of malloc
  return table;
}

}  // namespace

const std::map<std::string, property_kind, std::less<>>& property_catalog() {
  static const auto catalog = [] {
    std::map<std::string, property_kind, std::less<>> known;
    std::istringstream lines{printed_table()};
    for (std::string line; std::getline(lines, line);) {
      const auto bar = line.find(" | ");
      const auto end = bar == std::string::npos ? bar : line.find(" | ", bar + 3);
      if (end == std::string::npos) continue;
      const auto name = trimmed(std::string_view{line}.substr(0, bar));
      const auto kind = trimmed(std::string_view{line}.substr(bar + 3, end - bar - 3));
      if (kind != "*" && kind != "C" && kind != "P") continue;
      auto& entry = known[name];  // some are both global and topic properties
      entry.consumer |= kind != "P";
      entry.producer |= kind != "C";
    }
    return known;
  }();
  return catalog;
}

}  // namespace corka::kafka::rdkafka
