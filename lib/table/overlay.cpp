#include "table/overlay.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace corka::tables {

namespace {

/// What a row costs besides its bytes: the map's slot, the allocation, the strings' headers.
constexpr std::size_t row_overhead = sizeof(row) + 48;

std::size_t size_of(const row& r) { return r.key.size() + r.value.size() + row_overhead; }

}  // namespace

void frozen_rows::sort() { std::ranges::sort(changes, {}, &store::change::key); }

row& overlay::at(std::string_view key) {
  if (const auto found = rows_.find(key); found != rows_.end()) {
    found->second->touched = true;
    return *found->second;
  }
  auto made = std::make_unique<row>();
  made->key = key;
  made->touched = true;
  bytes_ += size_of(*made);
  auto& r = *made;
  rows_.emplace(std::string_view{r.key}, std::move(made));
  return r;
}

const row* overlay::find(std::string_view key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : found->second.get();
}

void overlay::loaded(row& r, std::optional<std::string_view> value) {
  // Written while the store was being asked: what it says is older.
  if (r.loaded) return;
  r.loaded = true;
  r.present = value.has_value();
  if (!value) return;
  bytes_ += value->size();
  r.value = *value;
}

void overlay::changed(std::string_view key, std::optional<std::string_view> value) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return;
  row& r = *found->second;
  assert(!r.dirty && !r.frozen);
  bytes_ -= r.value.size();
  // Also where the store is being asked: what it says may be older.
  r.loaded = true;
  r.present = value.has_value();
  r.value.assign(value.value_or(std::string_view{}));
  bytes_ += r.value.size();
}

void overlay::unload() {
  for (auto& [key, r] : rows_) {
    assert(!r->dirty && !r->frozen);
    bytes_ -= r->value.size();
    r->value.clear();
    r->present = r->loaded = r->asked = false;
  }
}

void overlay::write(row& r, std::string_view value) {
  bytes_ += value.size();
  bytes_ -= r.value.size();
  if (r.dirty) {
    dirty_bytes_ += value.size();
    dirty_bytes_ -= r.value.size();
  }
  r.value.assign(value);
  r.present = true;
  r.loaded = true;
  mark_dirty(r);
}

void overlay::erase(row& r) {
  bytes_ -= r.value.size();
  if (r.dirty) dirty_bytes_ -= r.value.size();
  r.value.clear();
  r.present = false;
  r.loaded = true;
  mark_dirty(r);
}

void overlay::mark_dirty(row& r) {
  if (r.dirty) return;
  if (dirty_.empty()) all_saved_.store(false, std::memory_order_release);
  r.dirty = true;
  dirty_.push_back(&r);
  dirty_bytes_ += r.key.size() + r.value.size();
}

frozen_rows overlay::freeze() {
  frozen_rows out;
  out.bytes = std::make_unique_for_overwrite<char[]>(dirty_bytes_);
  out.changes.reserve(dirty_.size());
  char* to = out.bytes.get();
  const auto keep = [&to](const std::string& text) {
    std::memcpy(to, text.data(), text.size());
    const std::string_view kept{to, text.size()};
    to += text.size();
    return kept;
  };
  for (auto* r : dirty_) {
    const auto key = keep(r->key);
    out.changes.push_back({key, keep(r->value), !r->present});
    r->dirty = false;
    r->frozen = true;
  }
  frozen_.swap(dirty_);
  dirty_bytes_ = 0;
  freezing_ = true;
  return out;
}

void overlay::thaw() {
  for (auto* r : frozen_) r->frozen = false;
  frozen_.clear();
  freezing_ = false;
  all_saved_.store(dirty_.empty(), std::memory_order_release);
}

void overlay::evict(std::size_t budget) {
  // Two rounds: what was not used since the last eviction goes first.
  for (const bool also_touched : {false, true}) {
    if (bytes_ <= budget) return;
    boost::unordered::erase_if(rows_, [&](auto& slot) {
      row& r = *slot.second;
      if (bytes_ <= budget || r.dirty || r.frozen || r.pins > 0) return false;
      if (r.touched && !also_touched) {
        r.touched = false;
        return false;
      }
      bytes_ -= size_of(r);
      return true;
    });
  }
}

void overlay::clear() {
  rows_.clear();
  dirty_.clear();
  frozen_.clear();
  freezing_ = false;
  bytes_ = 0;
  dirty_bytes_ = 0;
  all_saved_.store(true, std::memory_order_release);
}

}  // namespace corka::tables
