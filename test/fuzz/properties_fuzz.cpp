// Properties by name, one a line: of librdkafka's handles, and of the embedded broker's topics. They are taken, or
// refused with words that show no secret.
#include "fuzz/fuzzing.hpp"

#include "app/flag_values.hpp"
#include "kafka/embedded/topic_config.hpp"
#include "kafka/rdkafka/config.hpp"

#include <corka/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using fuzz::require;
namespace rdkafka = kafka::rdkafka;

namespace {

using properties = std::map<std::string, std::string>;

std::optional<properties> read(fuzz::input from) {
  std::vector<std::string> lines;
  while (!from.empty()) lines.emplace_back(from.line());
  try {
    return app_parts::properties(lines);
  } catch (const app_parts::unusable_value& e) {
    require(!e.why.empty());
    return std::nullopt;
  }
}

/// Long enough that it is no accident if it turns up, and nowhere else in the properties.
bool is_hidden(const properties& all, const std::string& name, const std::string& value) {
  if (!rdkafka::is_secret(name) || value.size() < 12 || name.find(value) != std::string::npos) return false;
  return std::ranges::none_of(all, [&](const auto& other) {
    return other.first != name && (other.first + "=" + other.second).find(value) != std::string::npos;
  });
}

void check_hidden(const properties& all, std::string_view text) {
  for (const auto& [name, value] : all) {
    if (is_hidden(all, name, value)) require(text.find(value) == std::string_view::npos);
  }
}

void check_handles(const properties& all) {
  // One of the two kinds that librdkafka knows: making one takes much longer than all else here.
  rdkafka::config c{all.size() % 2 == 0 ? rdkafka::role::produce : rdkafka::role::group};
  try {
    c.apply(all);
  } catch (const error& e) {
    require(e.kind() == errc::invalid_option);
    check_hidden(all, e.what());
  }
  check_hidden(all, c.describe());
}

void check_topic(const properties& all) {
  using kafka::embedded::topic_config;
  try {
    const auto parsed = topic_config::parse("t", all);
    // What is in force are settings, and they say the same.
    const auto again = topic_config::parse("t", parsed.in_force());
    require(again.in_force() == parsed.in_force());
    require(again.compacted == parsed.compacted && again.deleted == parsed.deleted);
    require(again.retention_ms == parsed.retention_ms && again.retention_bytes == parsed.retention_bytes);
  } catch (const error& e) { require(e.kind() == errc::invalid_option); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto all = read({data, size});
  if (!all) return 0;
  // It would load whatever library it names.
  if (!all->contains("plugin.library.paths")) check_handles(*all);
  check_topic(*all);
  for (const auto& [name, value] : *all) static_cast<void>(app_parts::near_miss(name, {"brokers", "http"}));
  return 0;
}
