#include "partition/row_loader.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace corka::partition {

namespace {

/// A store that needs longer than the first per row waits for the disk; below the second it does not any more.
constexpr std::chrono::microseconds slow_row{20};
constexpr std::chrono::microseconds fast_row{5};

}  // namespace

task<> row_loader::load(const store::table_store& from, tables::overlay& into) {
  std::ranges::sort(missing_, {}, &tables::row::key);
  keys_.clear();
  for (const auto* row : missing_) keys_.push_back(row->key);

  auto& time = threads_.time();
  clock::duration took{};
  if (cold_) {
    std::vector<std::optional<std::string>> values(keys_.size());
    auto read = [&] {
      const auto begun = time.now();
      from.get(keys_, [&](std::size_t i, std::string_view value) { values[i] = value; });
      took = time.now() - begun;
    };
    co_await async::blocking(threads_, std::move(read));
    for (std::size_t i = 0; i < missing_.size(); ++i) into.loaded(*missing_[i], values[i]);
  } else {
    const auto begun = time.now();
    from.get(keys_, [&](std::size_t i, std::string_view value) { into.loaded(*missing_[i], value); });
    took = time.now() - begun;
    for (auto* row : missing_) into.loaded(*row, std::nullopt);
  }
  missing_.clear();
  const auto each = took / static_cast<clock::duration::rep>(keys_.size());
  if (each > slow_row) cold_ = true;
  else if (each < fast_row) cold_ = false;
}

}  // namespace corka::partition
