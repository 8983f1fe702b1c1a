#include "support/prometheus_text.hpp"

#include <cstdlib>
#include <regex>
#include <stdexcept>

namespace corka::test {

namespace {

[[noreturn]] void wrong(std::string_view why, const std::string& line) {
  throw std::runtime_error{std::string{why} + ": " + line};
}

std::string unescape(std::string_view text, bool quoted, const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) wrong("ends in a backslash", line);
    if (text[i] == 'n') {
      out += '\n';
    } else if (text[i] == '\\' || (text[i] == '"' && quoted)) {
      out += text[i];
    } else {
      wrong("unknown escape", line);
    }
  }
  return out;
}

std::map<std::string, std::string> read_labels(const std::string& text, const std::string& line) {
  static const std::regex one{R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$))re"};
  std::map<std::string, std::string> labels;
  auto at = text.cbegin();
  std::smatch m;
  while (at != text.cend()) {
    if (!std::regex_search(at, text.cend(), m, one, std::regex_constants::match_continuous))
      wrong("malformed labels", line);
    if (!labels.emplace(m[1], unescape(m[2].str(), true, line)).second) wrong("a label twice", line);
    at = m[0].second;
    if (at == text.cend() && m[3].length() != 0) wrong("a comma without a label", line);
  }
  return labels;
}

}  // namespace

std::map<std::string, prometheus_family> read_prometheus(std::string_view text) {
  static const std::regex help{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*))"};
  static const std::regex type{R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge))"};
  static const std::regex sample{R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?))"};
  std::map<std::string, prometheus_family> all;
  std::string current;
  std::string helped;
  if (!text.empty() && text.back() != '\n')
    wrong("the last line does not end", std::string{text.substr(text.rfind('\n') + 1)});
  while (!text.empty()) {
    const auto line = std::string{text.substr(0, text.find('\n'))};
    text.remove_prefix(line.size() + 1);
    std::smatch m;
    if (std::regex_match(line, m, help)) {
      helped = m[1];
      if (!all.emplace(helped, prometheus_family{{}, unescape(m[2].str(), false, line), {}}).second) {
        wrong("a family twice", line);
      }
      current.clear();
    } else if (std::regex_match(line, m, type)) {
      current = m[1];
      if (current != helped || !all[current].type.empty()) wrong("TYPE does not follow its HELP", line);
      all[current].type = m[2];
      if ((m[2] == "counter") != current.ends_with("_total"))
        wrong("a counter, and nothing else, ends in _total", line);
    } else if (std::regex_match(line, m, sample)) {
      if (m[1] != current) wrong("a sample outside its family", line);
      prometheus_sample s{read_labels(m[2].str(), line), std::strtod(m[3].str().c_str(), nullptr)};
      for (const auto& other : all[current].samples) {
        if (other.labels == s.labels) wrong("a sample twice", line);
      }
      all[current].samples.push_back(std::move(s));
    } else {
      wrong("neither HELP, TYPE nor a sample", line);
    }
  }
  return all;
}

}  // namespace corka::test
