#include "contract/kafka/transcripts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace corka::test {

namespace {

using lines = std::vector<std::string>;

constexpr std::string_view anything = "…";

bool fits(std::string_view text, std::string_view pattern) {
  const auto star = pattern.find(anything);
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + anything.size());
  for (std::size_t skipped = 0; skipped <= text.size(); ++skipped) {
    if (fits(text.substr(skipped), pattern)) return true;
  }
  return false;
}

std::string trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() >= 2 && text.starts_with('`') && text.ends_with('`')) text = text.substr(1, text.size() - 2);
  return std::string{text};
}

/// By title, each in its own order.
std::map<std::string, lines> sections(const std::string& transcript) {
  std::map<std::string, lines> all;
  lines* into = nullptr;
  std::istringstream in{transcript};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("== ")) into = &all[line.substr(3)];
    else if (into != nullptr) into->push_back(std::move(line));
  }
  return all;
}

/// Which lines are only in one of the two, by a longest common subsequence of what is between a common beginning and a
/// common end.
std::pair<lines, lines> only_in_one(const lines& a, const lines& b) {
  std::size_t begin = 0;
  while (begin < std::min(a.size(), b.size()) && a[begin] == b[begin]) ++begin;
  std::size_t end = 0;
  while (end < std::min(a.size(), b.size()) - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  const auto n = a.size() - begin - end;
  const auto m = b.size() - begin - end;
  if (n > 3'000 || m > 3'000) return {{"(thousands of lines)"}, {"(thousands of lines)"}};
  std::vector<std::vector<std::uint16_t>> common(n + 1, std::vector<std::uint16_t>(m + 1));
  for (auto i = n; i-- > 0;) {
    for (auto j = m; j-- > 0;) {
      common[i][j] = a[begin + i] == b[begin + j] ? static_cast<std::uint16_t>(common[i + 1][j + 1] + 1)
                                                  : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::pair<lines, lines> found;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && a[begin + i] == b[begin + j]) {
      ++i;
      ++j;
    } else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1])) {
      found.first.push_back(a[begin + i++]);
    } else {
      found.second.push_back(b[begin + j++]);
    }
  }
  return found;
}

struct seen {
  bool on_kafka = false;
  bool here = false;
};

}  // namespace

std::vector<known_difference> known_differences(const std::filesystem::path& readme) {
  std::ifstream in{readme};
  std::vector<known_difference> all;
  bool below = false;
  bool table = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) below = line.ends_with("Where it differs from Kafka");
    if (!below || !line.starts_with("|")) continue;
    std::vector<std::string> cells;
    std::istringstream row{line.substr(1)};
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(trimmed(cell));
    if (cells.size() != 5) throw std::runtime_error{"this row has not five cells: " + line};
    const bool head = !std::exchange(table, true) || cells.front().starts_with("---");
    if (head) continue;
    known_difference d{cells[0], cells[1], cells[2], cells[3]};
    if (d.name.empty() || d.test_case.empty() || (d.on_kafka.empty() && d.here.empty()) || cells[4].empty())
      throw std::runtime_error{"this row has neither lines nor a reason: " + line};
    all.push_back(std::move(d));
  }
  if (!table) throw std::runtime_error{readme.string() + " has no table under 'Where it differs from Kafka'"};
  return all;
}

std::vector<std::string> compare(const std::string& on_kafka, const std::string& here,
                                 const std::vector<known_difference>& known) {
  const auto theirs = sections(on_kafka);
  const auto ours = sections(here);
  std::vector<std::string> findings;
  for (const auto& [title, unused] : theirs) {
    if (!ours.contains(title)) findings.push_back("'" + title + "' was run on Kafka only");
  }
  std::map<std::string, seen> came_up;
  for (const auto& [title, mine] : ours) {
    const auto at = theirs.find(title);
    if (at == theirs.end()) {
      findings.push_back("'" + title + "' was run here only");
      continue;
    }
    const auto [kafka_only, here_only] = only_in_one(at->second, mine);
    const auto explain = [&, t = &title](const lines& extra, std::string_view side, auto pattern, auto mark) {
      for (const auto& line : extra) {
        const auto d = std::ranges::find_if(known, [&](const known_difference& k) {
          return fits(*t, k.test_case) && !(k.*pattern).empty() && fits(line, k.*pattern);
        });
        if (d == known.end()) findings.push_back("'" + *t + "', " + std::string{side} + " only: " + line);
        else came_up[d->name].*mark = true;
      }
    };
    explain(kafka_only, "on Kafka", &known_difference::on_kafka, &seen::on_kafka);
    explain(here_only, "here", &known_difference::here, &seen::here);
  }
  for (const auto& k : known) {
    const auto& was = came_up[k.name];
    if ((!k.on_kafka.empty() && !was.on_kafka) || (!k.here.empty() && !was.here))
      findings.push_back("the known difference '" + k.name + "' does not come up any more: take it off the list");
  }
  return findings;
}

}  // namespace corka::test
