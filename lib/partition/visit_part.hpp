// A visit's part in one partition, as the processor asks for it.
#pragma once

#include <corka/declaration.hpp>
#include <corka/visit.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace corka::partition {

/// What is to be visited, how far it is, and, exactly once, how it ended: also where the partition is gone before its
/// turn.
///
/// Life: shared by posts to the partition's strand and by the partition. Threads: `cancel`, `rows` any; the rest on the
/// partition's strand, or on the thread that drops the last reference.
class visit_part {
 public:
  struct request {
    const visitor_edge* visitor = nullptr;  ///< outlives the part
    std::shared_ptr<const void> meta;
    std::string from;
    std::size_t rows_per_slice = 1;
    std::chrono::milliseconds slice_time{1};
  };
  /// Called once, and `progressed` any number of times before, never after.
  using end_handler = std::function<void(visited_partition)>;
  using progress_handler = std::function<void()>;

  visit_part(partition_id number, request asked, end_handler ended, progress_handler progressed)
      : number_{number}, asked_{std::move(asked)}, ended_{std::move(ended)}, progressed_{std::move(progressed)} {}
  visit_part(const visit_part&) = delete;
  visit_part& operator=(const visit_part&) = delete;
  ~visit_part() {
    if (ended_) end(visit_outcome::aborted, {}, 0, asked_.from);
  }

  [[nodiscard]] const request& asked() const noexcept { return asked_; }

  void cancel() noexcept { cancelled_ = true; }
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

  void progressed(std::uint64_t rows, std::uint64_t rows_left) {
    rows_ = rows;
    rows_left_ = rows_left;
    progressed_();
  }
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint64_t rows_left() const noexcept { return rows_left_; }

  /// An empty `why` of an aborted part: whoever took the partition away knows better.
  void end(visit_outcome how, std::string why, std::uint64_t rows, std::optional<std::string> resume_at) {
    if (!ended_) return;
    rows_ = rows;
    rows_left_ = 0;
    const auto tell = std::exchange(ended_, nullptr);
    tell({number_, how, std::move(why), rows, std::move(resume_at)});
  }

 private:
  partition_id number_;
  request asked_;
  end_handler ended_;
  progress_handler progressed_;
  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::uint64_t> rows_left_{0};
};

}  // namespace corka::partition
