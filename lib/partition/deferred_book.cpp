#include "partition/deferred_book.hpp"

#include <corka/error.hpp>

#include <utility>

namespace corka::partition {

class deferred_book::handle final : public detail::deferred_record {
 public:
  handle(std::shared_ptr<delivery_inbox> inbox, std::uint64_t tag) : inbox_{std::move(inbox)}, tag_{tag} {}

  void ended(std::optional<std::string> why) noexcept override {
    // Read on the strand, after the inbox's lock.
    why_ = std::move(why);
    const kafka::delivery_report report{tag_, {}, {}};
    inbox_->delivered({&report, 1});
  }
  [[nodiscard]] std::optional<std::string>& why() { return why_; }

 private:
  std::shared_ptr<delivery_inbox> inbox_;
  std::uint64_t tag_;
  std::optional<std::string> why_;
};

deferred_book::opened deferred_book::open(const origin& from, std::string where, bool running) {
  const auto tag = next_++;
  auto by = std::make_shared<handle>(inbox_, tag);
  open_.emplace(tag, entry{from, std::move(where), by, running, false});
  return {tag, deferred{std::move(by)}};
}

std::optional<deferred_book::ended> deferred_book::reported(const kafka::delivery_report& report) {
  const auto found = open_.find(report.tag);
  if (found == open_.end()) return std::nullopt;
  found->second.has_reported = true;
  if (found->second.running) return std::nullopt;
  return take(found);
}

std::optional<deferred_book::ended> deferred_book::callback_ended(std::uint64_t tag) {
  const auto found = open_.find(tag);
  found->second.running = false;
  if (!found->second.has_reported) return std::nullopt;
  return take(found);
}

origin deferred_book::forget(std::uint64_t tag) { return take(open_.find(tag)).from; }

deferred_book::ended deferred_book::take(std::map<std::uint64_t, entry>::iterator at) {
  ended out{at->second.from, {}};
  if (at->second.has_reported) out.failed = std::move(at->second.by->why());
  open_.erase(at);
  return out;
}

std::vector<std::string> deferred_book::names(std::size_t most) const {
  std::vector<std::string> all;
  for (const auto& [tag, e] : open_) {
    if (all.size() == most) break;
    all.push_back(e.where);
  }
  return all;
}

}  // namespace corka::partition
