// Arbitrary bytes as segment files: opening never crashes, and what opens reads back the same, again and again, as
// records and as committed positions.
#include "fuzz/fuzzing.hpp"

#include "kafka/embedded/crc32c.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "kafka/embedded/partition_log.hpp"
#include "support/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace corka;
using namespace corka::kafka::embedded;
using fuzz::require;
namespace fs = std::filesystem;

/// Makes checksums right, so that what lies behind them is reached, too.
void repair(std::string& bytes) {
  if (bytes.size() < segment_header_size) return;
  segment_header head;
  head.base = 0;
  std::memcpy(&head.replaces_to, bytes.data() + 24, sizeof head.replaces_to);
  std::memcpy(bytes.data(), &head, segment_header_size);
  head.crc = crc32c(std::string_view{bytes}.substr(16, 16));
  std::memcpy(bytes.data(), &head, segment_header_size);
  for (std::size_t at = segment_header_size; at + frame_header_size <= bytes.size();) {
    auto frame = read_frame_header(bytes.data() + at);
    if (frame.length < frame_header_size || frame.length > bytes.size() - at)
      frame.length = static_cast<std::uint32_t>(bytes.size() - at);
    std::memcpy(bytes.data() + at, &frame, frame_header_size);
    frame.crc = crc32c(std::string_view{bytes}.substr(at + 8, frame.length - 8));
    std::memcpy(bytes.data() + at, &frame, frame_header_size);
    at += frame.length;
  }
}

struct read_back {
  std::vector<std::string> records;
  offset_range range;
  friend bool operator==(const read_back&, const read_back&) = default;
};

read_back all_of(const partition_log& log) {
  read_back all;
  all.range = log.range();
  std::vector<header_view> headers;
  for (auto from = all.range.low.value;;) {
    const auto found = log.find(from);
    require(found.has_value());
    if (!found->in) break;
    const auto head = read_frame_header(found->in->data() + found->frame.at);
    require(head.end() > from);
    const char* p = found->in->data() + found->frame.at + frame_header_size;
    const char* const end = found->in->data() + found->frame.at + head.length;
    framed_record r;
    while (p != end) {
      p = read_record(p, end, head, r);
      require(p != nullptr);
      require(r.what.at >= all.range.low && r.what.at < all.range.high);
      headers.clear();
      require(read_headers(r.headers, headers));
      all.records.push_back(std::to_string(r.what.at.value) + " " + std::to_string(r.what.timestamp_ms) + " " +
                            std::string{r.what.key} + (r.what.tombstone ? "" : "=") + std::string{r.what.value} + " " +
                            std::to_string(headers.size()));
    }
    from = head.end();
  }
  static_cast<void>(log.find_time(0));
  return all;
}

/// The log as that of committed positions: what is in it is read or passed over, what is committed is found again.
void check_positions(const partition_log::settings& with) {
  const group_name group{"planes"};
  const std::vector<topic_partition> where{{topic_name{"flights"}, partition_id{3}}};
  {
    offset_store positions{with, {}};
    const std::vector<kafka::position> done{{where.front(), offset{17}}};
    positions.commit(group, done, 1);
  }
  const offset_store again{with, {}};
  require(again.committed(group, where).front() == offset{17});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto how = data[0];
  const std::size_t split =
      3 + (static_cast<std::size_t>(data[1]) | static_cast<std::size_t>(data[2]) << 8U) % (size - 2);
  std::string first{reinterpret_cast<const char*>(data) + 3, split - 3};
  const std::string second{reinterpret_cast<const char*>(data) + split, size - split};
  if ((how & 1U) != 0) repair(first);

  static const test::temporary_folder folder{test::in_memory()};
  const auto log_folder = folder.path() / "log";
  fs::remove_all(log_folder);
  fs::create_directories(log_folder);
  const auto write = [&](const char* name, const std::string& bytes) {
    std::ofstream{log_folder / name, std::ios::binary} << bytes;
  };
  write("00000000000000000000.log", first);
  if ((how & 2U) != 0) write("00000000000000000100.log", second);

  const partition_log::settings with{log_folder, 4096, false};
  read_back before;
  {
    partition_log log{with, {}};
    before = all_of(log);
    // No log gets that far; what lies just below the highest number that is taken need not grow any more.
    if (before.range.high.value > std::int64_t{1} << 60U) return 0;
    frame_builder frame;
    frame.add(0, 1, "key", "value", {});
    require(log.append(frame) == before.range.high.value);
    before = all_of(log);
    require(!before.records.empty() && before.records.back().ends_with(" 1 key=value 0"));
  }
  partition_log log{with, {}};
  require(all_of(log) == before);
  log.roll();
  log.compact(1, 1, 0.0);
  const auto compacted = all_of(log);
  require(compacted.range == before.range);
  require(compacted.records.size() <= before.records.size());
  {
    const partition_log again{with, {}};
    require(all_of(again) == compacted);
  }
  check_positions(with);
  return 0;
}
