// Reads a CSV file by the names of its columns.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace flights {

/// Rows of a CSV file (RFC 4180: quotes, doubled quotes, line breaks within quotes; CRLF or LF). `NA` is a missing
/// value.
///
/// Errors: std::runtime_error with file, line, what is wrong there and what to do.
class csv_file {
 public:
  /// `columns` are found by the header's names; others are passed over.
  csv_file(std::filesystem::path file, const std::vector<std::string>& columns);

  /// Goes to the next row; false at the end. Blank lines are passed over.
  [[nodiscard]] bool next();

  // Fields of the row, by position in the constructor's `columns`
  [[nodiscard]] const std::string& text(std::size_t column) const;
  [[nodiscard]] std::optional<std::string> text_or_na(std::size_t column) const;
  [[nodiscard]] int number(std::size_t column) const;
  [[nodiscard]] std::optional<int> number_or_na(std::size_t column) const;

 private:
  bool read_row();
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path file_;
  std::ifstream in_;
  std::vector<std::string> names_;    // of all columns, as in the header
  std::vector<std::size_t> columns_;  // where the wanted ones are
  std::vector<std::string> fields_;
  std::size_t line_ = 0;        // last line read
  std::size_t row_starts_ = 0;  // line where the current row begins
};

}  // namespace flights
