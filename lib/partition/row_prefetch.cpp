#include "partition/row_prefetch.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace corka::partition {

namespace {

/// A store that needs longer than the first per row waits for the disk; below the second it does not any more.
constexpr std::chrono::microseconds slow_row{20};
constexpr std::chrono::microseconds fast_row{5};

}  // namespace

row_prefetch::row_prefetch(const environment& env, std::shared_ptr<store::table_store> store, tables::overlay& rows)
    : env_{env}, store_{std::move(store)}, overlay_{rows} {}

task<> row_prefetch::fetch(intake& of) {
  if (!store_) {
    of.rows.assign(of.batch.records.size(), nullptr);
    co_return;
  }
  of.rows.clear();
  missing_.clear();
  for (const auto& r : of.batch.records) {
    auto& row = overlay_.at(r.key);
    of.rows.push_back(&row);
    if (row.loaded || row.asked) continue;
    row.asked = true;
    missing_.push_back(&row);
  }
  if (missing_.empty()) co_return;
  std::ranges::sort(missing_, {}, &tables::row::key);
  std::vector<std::string_view> keys;
  keys.reserve(missing_.size());
  for (const auto* row : missing_) keys.push_back(row->key);

  auto& time = env_.threads->time();
  clock::duration took{};
  if (cold_) {
    std::vector<std::optional<std::string>> values(keys.size());
    auto read = [&] {
      const auto from = time.now();
      store_->get(keys, [&](std::size_t i, std::string_view value) { values[i] = value; });
      took = time.now() - from;
    };
    co_await async::blocking(*env_.threads, std::move(read));
    for (std::size_t i = 0; i < missing_.size(); ++i) overlay_.loaded(*missing_[i], values[i]);
  } else {
    const auto from = time.now();
    store_->get(keys, [&](std::size_t i, std::string_view value) { overlay_.loaded(*missing_[i], value); });
    took = time.now() - from;
    for (auto* row : missing_) overlay_.loaded(*row, std::nullopt);
  }
  const auto each = took / static_cast<clock::duration::rep>(keys.size());
  if (each > slow_row) cold_ = true;
  else if (each < fast_row) cold_ = false;
}

}  // namespace corka::partition
