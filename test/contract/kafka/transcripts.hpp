// Compares what the contract's cases came to on two transports.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace corka::test {

/// One of the differences that are known, as a row of a table under the heading "Where it differs from Kafka":
///
///     | name | case | on Kafka | here | why |
///
/// Cells in backquotes are taken as they are, `…` in them stands for anything; one that is empty says that there is no
/// line on that side.
struct known_difference {
  std::string name;
  std::string test_case;
  std::string on_kafka;
  std::string here;
};

/// @throws std::runtime_error where there is no such table, or a row of it cannot be read.
[[nodiscard]] std::vector<known_difference> known_differences(const std::filesystem::path& readme);

/// Compares line by line, section by section. What only one of the two has must be known; what is known must come up.
/// Each entry of the answer is a finding in words; none: all is as it should be.
[[nodiscard]] std::vector<std::string> compare(const std::string& on_kafka, const std::string& here,
                                               const std::vector<known_difference>& known);

}  // namespace corka::test
