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
  header_ = fmt::format("# HELP {} ", name);
  append_escaped(header_, help, false);
  header_ += fmt::format("\n# TYPE {} {}\n", name, k == kind::counter ? "counter" : "gauge");
}

void exposition::begin(labels of) {
  text_ += header_;
  header_.clear();
  text_ += name_;
  char separator = '{';
  for (const auto& [name, value] : of) {
    if (value.empty()) continue;
    text_ += separator;
    text_.append(name).append("=\"");
    append_escaped(text_, value, true);
    text_ += '"';
    separator = ',';
  }
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
