// A record that is done later than its callback.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace corka {

namespace detail {
/// The partition's side.
class deferred_record {
 public:
  deferred_record() = default;
  deferred_record(const deferred_record&) = delete;
  deferred_record& operator=(const deferred_record&) = delete;
  virtual ~deferred_record() = default;
  /// Once, from any thread; `why`: it failed.
  virtual void ended(std::optional<std::string> why) noexcept = 0;
};
}  // namespace detail

/// Keeps a record from being done; made by `ctx.defer()`. Several of one record are waited for all.
///
/// Nothing past the record is committed before the handle is completed. Records behind it go on. A partition that is
/// given back, or stopped, waits for its deferred records until the deadline; then it names those that are left, and
/// they are processed again.
///
/// A handle that is destroyed without being completed has failed: nobody could complete it any more.
///
/// Life: may outlive the callback, the partition and the processor; it then does nothing. Threads: any, one at a time.
class deferred {
 public:
  deferred() = default;
  explicit deferred(std::shared_ptr<detail::deferred_record> of) : of_{std::move(of)} {}
  deferred(deferred&&) noexcept = default;
  deferred& operator=(deferred&& other) noexcept {
    if (this == &other) return *this;
    abandon();
    of_ = std::move(other.of_);
    return *this;
  }
  deferred(const deferred&) = delete;
  deferred& operator=(const deferred&) = delete;
  ~deferred() { abandon(); }

  /// Nothing more is to come. The second call does nothing.
  void complete() noexcept {
    if (const auto of = std::exchange(of_, nullptr)) of->ended(std::nullopt);
  }
  /// The group's failure policy decides, without another attempt.
  void fail(std::string why) noexcept {
    if (const auto of = std::exchange(of_, nullptr)) of->ended(std::move(why));
  }
  /// Neither completed nor failed.
  [[nodiscard]] explicit operator bool() const noexcept { return of_ != nullptr; }

 private:
  void abandon() noexcept {
    if (of_) fail("its deferred handle was destroyed before it was completed");
  }

  std::shared_ptr<detail::deferred_record> of_;
};

}  // namespace corka
