// Opening a partition's directory: partition_log::open.
#include "kafka/embedded/partition_log.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

namespace corka::kafka::embedded {

namespace {

/// Offset that a file's name says, if it is the name of a segment.
std::optional<std::int64_t> base_of(const std::filesystem::path& file) {
  const auto stem = file.stem().string();
  std::int64_t base = 0;
  const auto [end, code] = std::from_chars(stem.data(), stem.data() + stem.size(), base);
  if (file.extension() != ".log" || code != std::errc{} || end != stem.data() + stem.size() || base < 0)
    return std::nullopt;
  return base;
}

}  // namespace

void partition_log::open(const logger& log) {
  auto& on = *with_.on;
  on.make_folder(with_.directory, with_.fsync);
  std::map<std::int64_t, std::filesystem::path> files;
  for (const auto& entry : on.list(with_.directory)) {
    if (entry.path.extension() == ".new") {
      on.remove(entry.path);  // a compaction that did not end
    } else if (const auto base = base_of(entry.path); base) {
      files.emplace(*base, entry.path);
    }
  }

  // Unusable files make room, but their offsets are not given out again, nor those that compaction emptied.
  std::int64_t least_end = 0;
  std::int64_t replaced_to = 0;
  for (auto at = files.begin(); at != files.end();) {
    const auto& [base, file] = *at;
    const auto head = segment::peek(on, file);
    if (head && head->base == base && base >= replaced_to) {
      replaced_to = std::max(replaced_to, head->replaces_to);
      least_end = std::max(least_end, head->replaces_to);
      ++at;
      continue;
    }
    if (head && head->base == base) {
      on.remove(file);  // compaction made another file stand for it, and had no time to take it away
    } else if (on.size(file) < segment_header_size) {
      on.remove(file);  // made, but never written to
      least_end = std::max(least_end, base);
    } else {
      auto aside = file;
      aside += ".bad";
      on.rename(file, aside);
      log.error(fmt::format("{} is no segment of this broker's log: its records are lost; it is kept as {}",
                            file.string(), aside.string()));
      least_end = std::max(least_end, base);
    }
    at = files.erase(at);
  }

  for (auto at = files.begin(); at != files.end(); ++at) {
    const auto following = std::next(at);
    const bool last = following == files.end();
    const auto limit = last ? std::numeric_limits<std::int64_t>::max() : following->first;
    auto [opened, cut] = segment::open(on, at->second, last ? with_.segment_bytes : 0, limit);
    if (cut > 0 && last) {
      log.warn(
          fmt::format("{}: the last {} bytes are no whole frame and are dropped: writing was interrupted at offset {}",
                      at->second.string(), cut, opened->end()));
    } else if (cut > 0) {
      log.error(fmt::format("{}: {} bytes are damaged: offsets {} to {} are lost", at->second.string(), cut,
                            opened->end(), limit - 1));
    }
    if (!last) opened->freeze();
    segments_.push_back(std::move(opened));
  }
  const auto end = segments_.empty() ? 0 : segments_.back()->end();
  if (segments_.empty() || least_end > end) {
    if (!segments_.empty()) segments_.back()->freeze();
    segments_.push_back(make(std::max(least_end, end), 0));
  }
}

}  // namespace corka::kafka::embedded
