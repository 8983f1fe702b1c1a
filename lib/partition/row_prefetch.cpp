#include "partition/row_prefetch.hpp"

#include <utility>

namespace corka::partition {

row_prefetch::row_prefetch(const environment& env, std::shared_ptr<store::table_store> store, tables::overlay& rows)
    : store_{std::move(store)}, overlay_{rows}, loader_{*env.threads} {}

task<> row_prefetch::fetch(intake& of) {
  if (!store_) {
    of.rows.assign(of.batch.records.size(), nullptr);
    co_return;
  }
  of.rows.clear();
  for (const auto& r : of.batch.records) {
    auto& row = overlay_.at(r.key);
    of.rows.push_back(&row);
    loader_.want(row);
  }
  if (!loader_.nothing_to_load()) co_await loader_.load(*store_, overlay_);
}

}  // namespace corka::partition
