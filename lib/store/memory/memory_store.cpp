#include "store/memory/memory_store.hpp"

#include <corka/error.hpp>

#include <utility>

namespace corka::store::memory {

namespace {

class memory_snapshot final : public snapshot {
 public:
  explicit memory_snapshot(std::shared_ptr<contents> of) : of_{std::move(of)} {
    const std::lock_guard lock{of_->guard};
    rows_ = of_->rows;
  }
  ~memory_snapshot() override {
    const std::lock_guard lock{of_->guard};
    rows_.reset();
  }

  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const override { return rows_->get(key); }
  void range(std::string_view from, std::optional<std::string_view> to, bool reverse,
             const row_visitor& visit) const override {
    rows_->range(from, to, reverse, visit);
  }

 private:
  std::shared_ptr<contents> of_;
  std::shared_ptr<const chunked_rows> rows_;
};

}  // namespace

memory_store::memory_store(std::shared_ptr<contents> kept, std::filesystem::path folder, std::function<void()> on_close)
    : kept_{std::move(kept)}, folder_{std::move(folder)}, on_close_{std::move(on_close)} {}

memory_store::~memory_store() { close(); }

const std::shared_ptr<contents>& memory_store::kept() const {
  if (!kept_)
    throw error{errc::store_failed, "store in '" + folder_.string() + "' is closed: open it again before using it"};
  return kept_;
}

std::optional<identity> memory_store::is_copy_of() const {
  auto& c = *kept();
  const std::lock_guard lock{c.guard};
  return c.of;
}

std::optional<checkpoint> memory_store::last_checkpoint() const {
  auto& c = *kept();
  const std::lock_guard lock{c.guard};
  return c.at;
}

void memory_store::apply(std::span<const change> changes, const identity& of, const checkpoint& at) {
  auto& c = *kept();
  const std::lock_guard lock{c.guard};
  if (c.rows.use_count() != 1) c.rows = std::make_shared<chunked_rows>(*c.rows);
  c.rows->apply(changes);
  c.of = of;
  c.at = at;
}

void memory_store::clear() {
  auto& c = *kept();
  const std::lock_guard lock{c.guard};
  c.rows = std::make_shared<chunked_rows>();
  c.of.reset();
  c.at.reset();
}

void memory_store::get(std::span<const std::string_view> sorted_keys,
                       const std::function<void(std::size_t i, std::string_view value)>& found) const {
  const memory_snapshot rows{kept()};
  for (std::size_t i = 0; i < sorted_keys.size(); ++i) {
    if (const auto value = rows.get(sorted_keys[i])) found(i, *value);
  }
}

std::unique_ptr<snapshot> memory_store::read() const { return std::make_unique<memory_snapshot>(kept()); }

store_stats memory_store::stats() const {
  auto& c = *kept();
  const std::lock_guard lock{c.guard};
  return {c.rows->size(), c.rows->bytes()};
}

void memory_store::close() {
  if (!kept_) return;
  kept_.reset();
  on_close_();
}

}  // namespace corka::store::memory
