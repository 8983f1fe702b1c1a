#include "system/flights/flights_program.hpp"

#include "support/http_get.hpp"

#include <algorithm>
#include <filesystem>

namespace corka::test {

namespace {

constexpr std::int64_t january = 27'004;

std::int64_t sum(const std::vector<std::int64_t>& of) {
  std::int64_t total = 0;
  for (const auto n : of) total += n;
  return total;
}

}  // namespace

flights_program::flights_program(const std::string& brokers)
    : brokers_{brokers}, http_{"127.0.0.1:" + std::to_string(free_port())}, client_{brokers} {}

void flights_program::start(int rate, const std::vector<std::string>& more) {
  std::vector<std::string> command{FLIGHTS_PROGRAM,   "--brokers", brokers_,
                                   "--http",          http_,       "--state-dir",
                                   folder_ / "state", "--rate",    std::to_string(rate)};
  command.insert(command.end(), more.begin(), more.end());
  process_.reset();  // its port is needed
  process_ = std::make_unique<child_process>(command, folder_ / "log");
}

bool flights_program::finished() {
  const auto caught_up = [&](const std::string& group, const std::string& topic) {
    const auto ends = client_.ends(topic);
    const auto committed = client_.committed(group, topic);
    for (std::size_t p = 0; p < ends.size(); ++p) {
      // Nothing need be committed of a partition that holds nothing.
      if (ends[p] > 0 && committed[p] != ends[p]) return false;
    }
    return !ends.empty();
  };
  return records("flights") >= january && caught_up("planes", "flights") && caught_up("carriers", "carrier-flights");
}

std::int64_t flights_program::records(const std::string& topic) { return sum(client_.ends(topic)); }

std::map<std::string, nlohmann::json> flights_program::table(const std::string& group) {
  std::map<std::string, nlohmann::json> rows;
  for (const auto& [key, value] : client_.table(group + "-table")) rows[key] = nlohmann::json::parse(value);
  return rows;
}

nlohmann::json flights_program::row(const std::string& group, const std::string& key) const {
  const auto answer = http_get(http_, "/api/v1/tables/" + group + "-table/keys/" + key);
  return answer.status == 200 ? nlohmann::json::parse(answer.body) : nlohmann::json(nullptr);
}

std::string flights_program::damage_copies(std::mt19937& random) {
  namespace fs = std::filesystem;
  std::string done;
  std::vector<fs::path> files;
  if (fs::exists(folder_ / "state")) {
    for (const auto& entry : fs::recursive_directory_iterator{folder_ / "state"}) {
      if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);  // the same seed does the same
  for (const auto& file : files) {
    const auto choice = random() % 4;
    if (choice == 0) {
      fs::remove(file);
      done += "deleted " + file.lexically_relative(folder_.path()).string() + "; ";
    } else if (choice == 1) {
      fs::resize_file(file, random() % fs::file_size(file));
      done += "cut " + file.lexically_relative(folder_.path()).string() + "; ";
    }
  }
  return done;
}

}  // namespace corka::test
