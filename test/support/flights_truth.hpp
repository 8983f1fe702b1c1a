// What the flights example must come to, computed from the file alone.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace corka::test {

/// States by key after `rows` rows, and how many records each output got.
struct flights_counts {
  std::map<std::string, nlohmann::json> planes;
  std::map<std::string, nlohmann::json> carriers;
  std::size_t rows = 0;
  std::size_t late = 0;
};

/// Reads the files in `folder` with a reader of its own; the first `most` flights.
[[nodiscard]] flights_counts flights_truth(const std::filesystem::path& folder, std::size_t most = SIZE_MAX);

}  // namespace corka::test
