#include "app/banner.hpp"

#include "app/service_set.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace corka::app_parts {

namespace {

std::string spoken(std::chrono::nanoseconds d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const auto s = ms / 1000;
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

/// As people write it: below their home folder with a tilde.
std::string spoken(const std::string& folder) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return folder;
  const auto below = std::string{home} + "/";
  return folder.starts_with(below) ? "~/" + folder.substr(below.size()) : folder;
}

}  // namespace

std::string opening(const surroundings& at, const std::vector<service*>& services) {
  std::vector<std::string> names;
  std::size_t jobs = 0;
  for (const auto* s : services) {
    auto name = describe(*s);
    if (name == "job") ++jobs;
    else names.push_back(std::move(name));
  }
  if (jobs > 0) names.push_back(jobs == 1 ? "1 job" : fmt::format("{} jobs", jobs));

  std::string text = fmt::format("{}: {}\n  brokers  {}\n  state    {}\n", at.program, fmt::join(names, ", "),
                                 at.brokers, spoken(at.state_dir));
  if (at.url.empty()) text += "  look at  nothing: --http is off\n";
  else text += fmt::format("  look at  {}\n", at.url);
  if (!at.url.empty()) {
    for (const auto& t : at.tables) text += fmt::format("           {}api/v1/tables/{}/keys/KEY\n", at.url, t);
  }
  return text + "  stop     Ctrl-C\n";
}

std::string closing(const std::string& program, bool told_to, std::size_t failures, std::chrono::nanoseconds after) {
  const auto how = failures > 0 ? fmt::format("{} service{} failed", failures, failures == 1 ? "" : "s")
                   : told_to    ? std::string{"stopped in order"}
                                : std::string{"done"};
  return fmt::format("{}: {} after {}\n", program, how, spoken(after));
}

}  // namespace corka::app_parts
