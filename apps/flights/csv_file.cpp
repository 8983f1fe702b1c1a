#include "csv_file.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace flights {

csv_file::csv_file(std::filesystem::path file, const std::vector<std::string>& columns)
    : file_{std::move(file)}, in_{file_, std::ios::binary} {
  if (!in_) {
    throw std::runtime_error(file_.string() + ": cannot be opened: give --data a folder with " +
                             file_.filename().string() + " of nycflights13");
  }
  if (!read_row()) fail("is empty: expected a header with the names of the columns");
  names_ = fields_;
  if (names_.front().starts_with("\xEF\xBB\xBF")) names_.front().erase(0, 3);
  for (const auto& wanted : columns) {
    const auto found = std::find(names_.begin(), names_.end(), wanted);
    if (found == names_.end()) fail("has no column '" + wanted + "': use the original file with its header");
    columns_.push_back(static_cast<std::size_t>(found - names_.begin()));
  }
}

bool csv_file::next() {
  if (!read_row()) return false;
  if (fields_.size() != names_.size()) {
    fail("has " + std::to_string(fields_.size()) + " fields where the header names " + std::to_string(names_.size()) +
         ": repair or remove the line");
  }
  return true;
}

bool csv_file::read_row() {
  std::string line;
  do {
    if (!std::getline(in_, line)) return false;
    row_starts_ = ++line_;
  } while (line.empty() || line == "\r");

  fields_.assign(1, {});
  bool quoted = false;
  for (;;) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      auto& field = fields_.back();
      if (quoted && line[i] == '"') {
        if (i + 1 < line.size() && line[i + 1] == '"') {
          field += line[++i];
        } else {
          quoted = false;
          const auto after = i + 1 < line.size() ? line[i + 1] : ',';
          if (after != ',' && after != '\r') fail("has text after a closing quote: double the quotes within a field");
        }
      } else if (quoted) {
        field += line[i];
      } else if (line[i] == '"') {
        if (!field.empty()) fail("has a quote within an unquoted field: put the whole field in quotes");
        quoted = true;
      } else if (line[i] == ',') {
        fields_.emplace_back();
      } else if (line[i] != '\r' || i + 1 < line.size()) {
        field += line[i];
      }
    }
    if (!quoted) return true;
    if (!std::getline(in_, line)) fail("has a quote that is never closed: add the closing quote");
    ++line_;
    fields_.back() += '\n';
  }
}

const std::string& csv_file::text(std::size_t column) const { return fields_[columns_[column]]; }

std::optional<std::string> csv_file::text_or_na(std::size_t column) const {
  const auto& field = text(column);
  if (field == "NA" || field.empty()) return std::nullopt;
  return field;
}

int csv_file::number(std::size_t column) const {
  const auto found = number_or_na(column);
  if (!found) fail("has no " + names_[columns_[column]] + ": only times, delays and tailnum may be NA");
  return *found;
}

std::optional<int> csv_file::number_or_na(std::size_t column) const {
  const auto field = text_or_na(column);
  if (!field) return std::nullopt;
  int value = 0;
  const auto* end = field->data() + field->size();
  const auto [stopped, problem] = std::from_chars(field->data(), end, value);
  if (problem != std::errc{} || stopped != end) {
    fail("has '" + field->substr(0, 40) + "' for " + names_[columns_[column]] + ": expected a whole number or NA");
  }
  return value;
}

void csv_file::fail(const std::string& what) const {
  throw std::runtime_error(file_.string() + ":" + std::to_string(row_starts_) + ": " + what);
}

}  // namespace flights
