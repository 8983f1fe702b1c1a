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

void check_histogram(const std::string& name, const prometheus_family& f) {
  std::map<std::map<std::string, std::string>, std::pair<double, bool>> last;
  for (const auto& s : f.samples) {
    auto labels = s.labels;
    const auto suffix = labels.extract("__suffix__").mapped();
    const auto le = labels.extract("le");
    if (le.empty() != (suffix != "_bucket")) wrong("le belongs to buckets", name);
    auto& [count, ended] = last[labels];
    if (suffix == "_bucket") {
      if (ended || s.value < count) wrong("buckets do not rise", name);
      count = s.value;
      ended = le.mapped() == "+Inf";
    } else if (suffix == "_count" && (!ended || s.value != count)) {
      wrong("the count is not that of the last bucket", name);
    }
  }
}

/// `open`: by the rules of OpenMetrics.
std::map<std::string, prometheus_family> read_families(std::string_view text, bool open) {
  static const std::regex help{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*))"};
  static const std::regex type{R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))"};
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
      if ((m[2] == "counter" && !open) != current.ends_with("_total"))
        wrong("a counter, and nothing else, ends in _total", line);
    } else if (std::regex_match(line, m, sample)) {
      prometheus_sample s{read_labels(m[2].str(), line), std::strtod(m[3].str().c_str(), nullptr)};
      const auto name = m[1].str();
      const bool within = !current.empty() && name.starts_with(current);
      const auto suffix = within ? name.substr(current.size()) : std::string{};
      const auto& kind = all[current].type;
      const bool fits = kind == "histogram"         ? suffix == "_bucket" || suffix == "_sum" || suffix == "_count"
                        : kind == "counter" && open ? suffix == "_total"
                                                    : suffix.empty();
      if (!within || !fits) wrong("a sample outside its family", line);
      if (kind == "histogram") s.labels["__suffix__"] = suffix;
      for (const auto& other : all[current].samples) {
        if (other.labels == s.labels) wrong("a sample twice", line);
      }
      all[current].samples.push_back(std::move(s));
    } else {
      wrong("neither HELP, TYPE nor a sample", line);
    }
  }
  for (const auto& [name, family] : all) {
    if (family.type == "histogram") check_histogram(name, family);
  }
  return all;
}

}  // namespace

std::map<std::string, prometheus_family> read_prometheus(std::string_view text) { return read_families(text, false); }

std::map<std::string, prometheus_family> read_openmetrics(std::string_view text) {
  constexpr std::string_view end = "# EOF\n";
  if (!text.ends_with(end)) throw std::runtime_error{"the text has no end"};
  return read_families(text.substr(0, text.size() - end.size()), true);
}

std::vector<std::string> prometheus_lint(const std::map<std::string, prometheus_family>& all) {
  static const std::regex camel{"[a-z][A-Z]"};
  // Base units only, and in full.
  static const std::regex unit{
      "_(ms|us|ns|sec|secs|s|milliseconds|microseconds|nanoseconds|minutes|min|hours|days|b|kb|mb|gb|"
      "kilobytes|megabytes|gigabytes|kibibytes|mebibytes|gibibytes|percent|celcius)(_|$)"};
  static const std::regex type{"_(counter|gauge|histogram|summary|untyped)(_|$)"};
  std::vector<std::string> complaints;
  for (const auto& [name, f] : all) {
    const auto say = [&complaints, &of = name](const std::string& what) { complaints.push_back(of + ": " + what); };
    if (f.help.empty()) say("no help");
    if (f.type == "counter" && !name.ends_with("_total")) say("counters end in _total");
    if (f.type != "counter" && name.ends_with("_total")) say("only counters end in _total");
    if (std::regex_search(name, camel)) say("names are snake_case");
    if (std::regex_search(name, unit)) say("units are base units, in full");
    if (std::regex_search(name, type)) say("a name does not have its type in it");
    for (const auto* suffix : {"_bucket", "_count", "_sum"}) {
      if (name.ends_with(suffix)) say("a suffix of histograms");
    }
    for (const auto& s : f.samples) {
      if (f.type != "histogram" && s.labels.contains("le")) say("le is a label of histograms");
      if (s.labels.contains("quantile")) say("quantile is a label of summaries");
      for (const auto& [label, unused] : s.labels) {
        if (std::regex_search(label, camel)) say("labels are snake_case");
      }
    }
  }
  return complaints;
}

}  // namespace corka::test
