// A changelog partition in memory, that a test makes and cuts as it likes.
#pragma once

#include "kafka/ports.hpp"

#include <corka/error.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace corka::test {

/// Records by offset; offsets without one are holes. Threads: safe.
class fake_changelog final : public kafka::record_reader {
 public:
  struct entry {
    std::string key;
    std::optional<std::string> value;
  };

  void put(std::int64_t at, std::string key, std::optional<std::string> value) {
    const std::lock_guard lock{guard_};
    records_[at] = {std::move(key), std::move(value)};
    range_.high = std::max(range_.high, offset{at + 1});
  }
  /// Compaction removes the record.
  void compact(std::int64_t at) {
    const std::lock_guard lock{guard_};
    records_.erase(at);
  }
  /// The next record, and who waits for it is woken.
  void append(std::string key, std::optional<std::string> value) {
    put(range().high.value, std::move(key), std::move(value));
    wake();
  }
  void wake() {
    async::signal::notifier tell;
    {
      const std::lock_guard lock{guard_};
      tell = arrived_signal_;
    }
    tell();
  }
  /// Deleted, and made again with nothing in it.
  void make_anew() {
    const std::lock_guard lock{guard_};
    records_.clear();
    range_ = {};
  }
  /// Records `at` and above are gone by deletion; the range is said to be this.
  void set_range(std::int64_t low, std::int64_t high) {
    const std::lock_guard lock{guard_};
    range_ = {offset{low}, offset{high}};
  }
  [[nodiscard]] offset_range range() const {
    const std::lock_guard lock{guard_};
    return range_;
  }
  /// Nothing from here on is handed out before `arrive` says so.
  void hold_at(std::int64_t at) {
    const std::lock_guard lock{guard_};
    arrived_ = at;
  }
  void arrive(std::int64_t up_to) {
    async::signal::notifier tell;
    {
      const std::lock_guard lock{guard_};
      arrived_ = up_to;
      tell = arrived_signal_;
    }
    tell();
  }

  /// Where sources were opened, in order.
  [[nodiscard]] std::vector<std::int64_t> opened() const {
    const std::lock_guard lock{guard_};
    return opened_;
  }
  std::size_t records_per_poll = 3;
  bool unknown = false;

  std::unique_ptr<kafka::record_source> open(const topic_partition&, offset from,
                                             async::signal::notifier arrived) override {
    const std::lock_guard lock{guard_};
    opened_.push_back(from.value);
    arrived_signal_ = std::move(arrived);
    return std::make_unique<source>(*this, from);
  }

 private:
  struct bytes final : kafka::record_batch::holder {
    std::vector<entry> kept;
    void headers(std::size_t, std::vector<header_view>&) const override {}
    void release() noexcept override { kept.clear(); }
  };

  class source final : public kafka::record_source {
   public:
    source(fake_changelog& of, offset at) : of_{of}, at_{at} {}

    bool poll(kafka::batch_limit limit, kafka::record_batch& into) override {
      const std::lock_guard lock{of_.guard_};
      into.clear();
      if (of_.unknown) throw error{errc::topic_unknown, "topic was deleted"};
      if (at_ < of_.range_.low || at_ > of_.range_.high) throw error{errc::offset_out_of_range, "out of range"};
      auto kept = std::make_unique<bytes>();
      const auto most = std::min(limit.records, of_.records_per_poll);
      kept->kept.reserve(most);
      const auto end = std::min(of_.range_.high.value, of_.arrived_);
      const auto before = at_;
      while (at_.value < end && kept->kept.size() < most) {
        if (const auto found = of_.records_.find(at_.value); found != of_.records_.end()) {
          const auto& e = kept->kept.emplace_back(found->second);
          record r;
          r.key = e.key;
          r.tombstone = !e.value;
          if (e.value) r.value = *e.value;
          r.at = at_;
          into.records.push_back(r);
          into.bytes += r.key.size() + r.value.size();
        }
        at_ = at_.next();
      }
      into.position = at_;
      into.keep = std::move(kept);
      return at_ > before;
    }
    [[nodiscard]] offset_range known_range() const noexcept override { return of_.range(); }

   private:
    fake_changelog& of_;
    offset at_;
  };

  mutable std::mutex guard_;
  std::map<std::int64_t, entry> records_;
  offset_range range_;
  std::int64_t arrived_ = INT64_MAX;
  async::signal::notifier arrived_signal_;
  std::vector<std::int64_t> opened_;
};

}  // namespace corka::test
