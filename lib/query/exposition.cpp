#include "query/exposition.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace corka::query {

namespace {

void append_escaped(std::string& out, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quoted) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

void exposition::family(std::string_view name, kind k, std::string_view help) {
  name_ = name;
  // There a family has the name without what its samples end in.
  if (format_ == format::openmetrics && k == kind::counter) name.remove_suffix(std::string_view{"_total"}.size());
  header_ = fmt::format("# HELP {} ", name);
  append_escaped(header_, help, format_ == format::openmetrics);
  header_ += fmt::format("\n# TYPE {} {}\n", name,
                         k == kind::counter ? "counter"
                         : k == kind::gauge ? "gauge"
                                            : "histogram");
}

std::string exposition::take() {
  if (format_ == format::openmetrics) text_ += "# EOF\n";
  return std::move(text_);
}

void exposition::histogram(labels of, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                           double sum) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    auto le = i < bounds.size() ? fmt::format("{}", bounds[i]) : std::string{"+Inf"};
    // As OpenMetrics writes it; to Prometheus it is the same.
    if (i < bounds.size() && le.find_first_of(".e") == std::string::npos) le += ".0";
    begin(of, "_bucket", le);
    fmt::format_to(std::back_inserter(text_), "{}\n", seen);
  }
  begin(of, "_sum");
  fmt::format_to(std::back_inserter(text_), "{}\n", sum);
  begin(of, "_count");
  fmt::format_to(std::back_inserter(text_), "{}\n", seen);
}

void exposition::begin(labels of, std::string_view suffix, std::string_view le) {
  text_ += header_;
  header_.clear();
  text_.append(name_).append(suffix);
  char separator = '{';
  const auto label = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_ += separator;
    text_.append(name).append("=\"");
    append_escaped(text_, value, true);
    text_ += '"';
    separator = ',';
  };
  for (const auto& [name, value] : of) label(name, value);
  label("le", le);
  if (separator == ',') text_ += '}';
  text_ += ' ';
}

void exposition::sample(labels of, std::uint64_t value) {
  begin(of);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void exposition::sample(labels of, std::int64_t value) {
  begin(of);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void exposition::sample(labels of, double value) {
  begin(of);
  if (std::isnan(value)) {
    text_ += "NaN\n";
  } else if (std::isinf(value)) {
    text_ += value > 0 ? "+Inf\n" : "-Inf\n";
  } else {
    fmt::format_to(std::back_inserter(text_), "{}\n", value);
  }
}

}  // namespace corka::query
