#include "partition/change_source.hpp"

#include <algorithm>
#include <utility>

namespace corka::partition {

change_holder::change_holder(std::span<const tables::coming_change> all, std::vector<record>& into) {
  std::size_t size = 0;
  for (const auto& c : all) size += c.key.size() + c.before.value_or("").size() + c.after.value_or("").size();
  bytes_.reset(new char[size]);
  char* to = bytes_.get();
  const auto keep = [&to](std::string_view bytes) {
    const std::string_view kept{to, bytes.size()};
    to = std::ranges::copy(bytes, to).out;
    return kept;
  };
  before_.reserve(all.size());
  for (const auto& c : all) {
    record r;
    r.key = keep(c.key);
    r.tombstone = !c.after;
    if (c.after) r.value = keep(*c.after);
    r.at = c.at;
    r.timestamp_ms = c.timestamp_ms;
    into.push_back(r);
    before_.push_back(c.before ? std::optional{keep(*c.before)} : std::nullopt);
  }
}

void change_holder::release() noexcept {
  bytes_.reset();
  before_.clear();
}

class announced_changes::source final : public kafka::record_source {
 public:
  source(announced_changes& from, const tables::table_follower& follower) : from_{from}, follower_{follower} {}

  // Whole batches: they are the follower's, and small.
  bool poll(kafka::batch_limit, kafka::record_batch& into) override {
    into.clear();
    if (!from_.waiting_) return false;
    into = std::move(*from_.waiting_);
    from_.waiting_.reset();
    return true;
  }
  [[nodiscard]] offset_range known_range() const noexcept override { return {offset{0}, follower_.known_end()}; }

 private:
  announced_changes& from_;
  const tables::table_follower& follower_;
};

void announced_changes::put(std::span<const tables::coming_change> all, offset next) {
  auto& batch = waiting_.emplace();
  batch.records.reserve(all.size());
  batch.keep = std::make_unique<change_holder>(all, batch.records);
  batch.position = next;
  for (const auto& r : batch.records) batch.bytes += r.key.size() + r.value.size();
}

std::unique_ptr<kafka::record_source> announced_changes::open(const tables::table_follower& follower) {
  return std::make_unique<source>(*this, follower);
}

}  // namespace corka::partition
