#include "kafka/embedded/offset_store.hpp"

#include <charconv>
#include <string>
#include <string_view>

namespace corka::kafka::embedded {

namespace {

constexpr std::size_t worth_closing = 1U << 20U;
constexpr std::int64_t keep_tombstones_ms = 0;  // nobody follows this log

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string key_of(const group_name& group, const topic_partition& tp) {
  return group.str() + '\0' + tp.topic.str() + '\0' + std::to_string(tp.partition.value);
}

}  // namespace

offset_store::offset_store(partition_log::settings with, const logger& log) {
  if (with.directory.empty()) return;
  log_.emplace(std::move(with), log);
  load();
}

void offset_store::reopen(const logger& log) {
  const std::lock_guard lock{mutex_};
  committed_.clear();
  log_->reopen(log);
  load();
}

void offset_store::load() {
  for (auto at = log_->range().low.value; at < log_->range().high.value;) {
    const auto found = log_->find(at);
    if (!found || !found->in) return;
    for (auto place = found->frame.at; place < found->in->size();) {
      const auto head = read_frame_header(found->in->data() + place);
      const char* p = found->in->data() + place + frame_header_size;
      const char* const end = found->in->data() + place + head.length;
      framed_record r;
      while (p != nullptr && p < end) {
        p = read_record(p, end, head, r);
        const auto first = r.what.key.find('\0');
        const auto second = r.what.key.find('\0', first + 1);
        if (p == nullptr || first == std::string_view::npos || second == std::string_view::npos) continue;
        const auto partition = number<std::int32_t>(r.what.key.substr(second + 1));
        const auto value = number<std::int64_t>(r.what.value);
        if (!partition) continue;
        auto& group = committed_[group_name{std::string{r.what.key.substr(0, first)}}];
        topic_partition tp{topic_name{std::string{r.what.key.substr(first + 1, second - first - 1)}},
                           partition_id{*partition}};
        if (r.what.tombstone) group.erase(tp);
        else if (value) group[std::move(tp)] = offset{*value};
      }
      at = head.end();
      place += head.length;
    }
  }
}

void offset_store::commit(const group_name& group, std::span<const position> positions, std::int64_t now_ms) {
  if (positions.empty()) return;
  const std::lock_guard lock{mutex_};
  if (log_) {
    frame_builder frame;
    for (const auto& p : positions) {
      frame.add(frame.next_delta(), now_ms, key_of(group, p.where), std::to_string(p.next.value), {});
    }
    log_->append(frame);
  }
  auto& own = committed_[group];
  for (const auto& p : positions) own[p.where] = p.next;
}

std::vector<std::optional<offset>> offset_store::committed(const group_name& group,
                                                           std::span<const topic_partition> of) const {
  std::vector<std::optional<offset>> found(of.size());
  const std::lock_guard lock{mutex_};
  const auto own = committed_.find(group);
  if (own == committed_.end()) return found;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const auto at = own->second.find(of[i]);
    if (at != own->second.end()) found[i] = at->second;
  }
  return found;
}

void offset_store::forget(const topic_name& topic, std::int64_t now_ms) {
  const std::lock_guard lock{mutex_};
  frame_builder frame;
  for (auto& [group, own] : committed_) {
    std::erase_if(own, [&, g = &group](const auto& entry) {
      if (entry.first.topic != topic) return false;
      frame.add(frame.next_delta(), now_ms, key_of(*g, entry.first), std::nullopt, {});
      return true;
    });
  }
  if (log_ && !frame.empty()) log_->append(frame);
}

void offset_store::maintain(std::int64_t now_ms, bool forced) {
  if (!log_) return;
  if (forced || log_->bytes() >= worth_closing) log_->roll();
  log_->compact(now_ms, keep_tombstones_ms, forced ? 0.0 : 0.5);
}

}  // namespace corka::kafka::embedded
