#include "file_store.hpp"

#include <corka/error.hpp>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace store = corka::store;

namespace {

using row_map = std::map<std::string, std::string, std::less<>>;

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

// What a frame is made of.

void put(std::string& to, std::uint64_t n) {
  for (int shift = 0; shift < 64; shift += 8) to.push_back(static_cast<char>(n >> shift & 0xffU));
}
void put(std::string& to, std::string_view text) {
  put(to, std::uint64_t{text.size()});
  to += text;
}

/// Takes from the front; once there is too little left nothing is taken any more.
struct reader {
  std::string_view left;
  bool ok = true;

  std::string_view bytes(std::uint64_t n) {
    if (n > left.size()) ok = false;
    if (!ok) return {};
    const auto found = left.substr(0, n);
    left.remove_prefix(n);
    return found;
  }
  std::uint64_t number() {
    const auto found = bytes(8);
    std::uint64_t n = 0;
    for (std::size_t i = found.size(); i-- > 0;) n = n << 8U | static_cast<unsigned char>(found[i]);
    return n;
  }
  std::string_view text() { return bytes(number()); }
};

/// Everything that an `apply` leaves.
struct contents {
  std::shared_ptr<row_map> rows = std::make_shared<row_map>();
  std::uint64_t bytes = 0;
  std::optional<store::identity> of;
  std::optional<store::checkpoint> at;

  void set(std::string_view key, std::optional<std::string_view> value) {
    const auto found = rows->find(key);
    if (found != rows->end()) bytes -= key.size() + found->second.size();
    if (value) bytes += key.size() + value->size();
    if (!value && found != rows->end()) rows->erase(found);
    else if (value && found != rows->end()) found->second = *value;
    else if (value) rows->emplace(key, *value);
  }
};

std::string frame(std::span<const store::change> changes, const store::identity& of, const store::checkpoint& at) {
  std::string body;
  put(body, of.topic);
  put(body, of.topic_id);
  put(body, static_cast<std::uint64_t>(of.partition));
  put(body, of.codec);
  put(body, static_cast<std::uint64_t>(at.changelog.value));
  put(body, static_cast<std::uint64_t>(at.written_ms));
  put(body, std::uint64_t{at.inputs.size()});
  for (const auto& [topic, next] : at.inputs) {
    put(body, topic);
    put(body, static_cast<std::uint64_t>(next.value));
  }
  for (const auto& c : changes) {
    put(body, std::uint64_t{c.erase});
    put(body, c.key);
    put(body, c.value);
  }
  std::string whole;
  put(whole, checksum(body));
  put(whole, std::string_view{body});
  return whole;
}

/// False where the frame is cut off or damaged: `into` is as before.
bool take_frame(reader& log, contents& into) {
  const auto sum = log.number();
  reader body{log.text()};
  if (!log.ok || checksum(body.left) != sum) return false;
  store::identity of;
  of.topic = body.text();
  of.topic_id = body.text();
  of.partition = static_cast<std::int32_t>(body.number());
  of.codec = body.text();
  store::checkpoint at;
  at.changelog = corka::offset{static_cast<std::int64_t>(body.number())};
  at.written_ms = static_cast<std::int64_t>(body.number());
  for (auto n = body.number(); n > 0 && body.ok; --n) {
    std::string topic{body.text()};
    at.inputs.emplace_back(std::move(topic), corka::offset{static_cast<std::int64_t>(body.number())});
  }
  while (!body.left.empty() && body.ok) {
    const bool erase = body.number() != 0;
    const auto key = body.text();
    const auto value = body.text();
    into.set(key, erase ? std::nullopt : std::optional{value});
  }
  into.of = std::move(of);
  into.at = std::move(at);
  return true;
}

/// Rows that nobody changes as long as this has them.
class file_snapshot final : public store::snapshot {
 public:
  file_snapshot(std::shared_ptr<const row_map> rows, std::shared_ptr<std::mutex> guard)
      : guard_{std::move(guard)}, rows_{std::move(rows)} {}
  file_snapshot(const file_snapshot&) = delete;
  file_snapshot& operator=(const file_snapshot&) = delete;
  // Under the lock, so that the store sees who still reads, and that they have done so.
  ~file_snapshot() override {
    const std::lock_guard lock{*guard_};
    rows_.reset();
  }

  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const override {
    const auto found = rows_->find(key);
    if (found == rows_->end()) return std::nullopt;
    return found->second;
  }
  void range(std::string_view from, std::optional<std::string_view> to, bool reverse,
             const store::row_visitor& visit) const override {
    if (to && *to <= from) return;
    auto begin = rows_->lower_bound(from);
    auto end = to ? rows_->lower_bound(*to) : rows_->end();
    while (begin != end) {
      const auto& [key, value] = reverse ? *--end : *begin++;
      if (!visit(key, value)) return;
    }
  }

 private:
  std::shared_ptr<std::mutex> guard_;
  std::shared_ptr<const row_map> rows_;
};

}  // namespace

class file_store_factory::file_store final : public store::table_store {
 public:
  file_store(std::filesystem::path folder, std::shared_ptr<open_folders> open, std::string& why_dropped)
      : folder_{std::move(folder)}, open_{std::move(open)} {
    std::filesystem::create_directories(folder_);
    read_log(why_dropped);
    rewrite();
  }
  ~file_store() override { release(); }

  [[nodiscard]] std::optional<store::identity> is_copy_of() const override {
    const std::lock_guard lock{*guard_};
    return now_.of;
  }
  [[nodiscard]] std::optional<store::checkpoint> last_checkpoint() const override {
    const std::lock_guard lock{*guard_};
    return now_.at;
  }

  void apply(std::span<const store::change> changes, const store::identity& of, const store::checkpoint& at) override {
    const std::lock_guard lock{*guard_};
    check_open();
    log_ << frame(changes, of, at) << std::flush;
    check_written();
    // Whoever reads keeps the rows as they were.
    if (now_.rows.use_count() > 1) now_.rows = std::make_shared<row_map>(*now_.rows);
    for (const auto& c : changes) now_.set(c.key, c.erase ? std::nullopt : std::optional{c.value});
    now_.of = of;
    now_.at = at;
  }
  void clear() override {
    const std::lock_guard lock{*guard_};
    check_open();
    now_ = {};
    rewrite();
  }

  void get(std::span<const std::string_view> sorted_keys,
           const std::function<void(std::size_t i, std::string_view value)>& found) const override {
    const auto rows = read();
    for (std::size_t i = 0; i < sorted_keys.size(); ++i) {
      if (const auto value = rows->get(sorted_keys[i])) found(i, *value);
    }
  }
  [[nodiscard]] std::unique_ptr<store::snapshot> read() const override {
    const std::lock_guard lock{*guard_};
    check_open();
    return std::make_unique<file_snapshot>(now_.rows, guard_);
  }
  [[nodiscard]] store::store_stats stats() const override {
    const std::lock_guard lock{*guard_};
    return {now_.rows->size(), now_.bytes};
  }

  void close() override {
    const std::lock_guard lock{*guard_};
    log_.close();
    release();
  }

 private:
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "rows.log"; }
  [[nodiscard]] corka::error failed(const std::string& what) const {
    return {corka::errc::store_failed, "store in '" + folder_.string() + "' " + what};
  }
  void check_open() const {
    if (!open_) throw failed("is closed: open it again before using it");
  }
  void check_written() {
    if (!log_) throw failed("cannot be written: is there room on the disk, and may this user write there?");
  }
  void release() {
    if (!open_) return;
    const auto folders = std::exchange(open_, nullptr);
    const std::lock_guard lock{folders->guard};
    folders->paths.erase(folder_);
  }

  void read_log(std::string& why_dropped) {
    std::ifstream file{path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    reader log{bytes};
    while (!log.left.empty()) {
      if (take_frame(log, now_)) continue;
      why_dropped = "the end of its file is damaged, it goes on from the checkpoint before";
      return;
    }
  }
  /// The rows as one frame, in place of all that led to them.
  void rewrite() {
    log_ = {};
    const auto fresh = folder_ / "rows.new";
    log_.open(fresh, std::ios::binary | std::ios::trunc);
    if (now_.of) {
      std::vector<store::change> all;
      for (const auto& [key, value] : *now_.rows) all.push_back({key, value, false});
      log_ << frame(all, *now_.of, *now_.at) << std::flush;
    }
    check_written();
    std::filesystem::rename(fresh, path());
  }

  std::filesystem::path folder_;
  std::shared_ptr<open_folders> open_;                                        // null once closed
  const std::shared_ptr<std::mutex> guard_ = std::make_shared<std::mutex>();  // snapshots may outlive the store
  std::ofstream log_;
  contents now_;
};

store::opened file_store_factory::open(const std::filesystem::path& folder) {
  const auto path = folder.lexically_normal();
  {
    const std::lock_guard lock{open_->guard};
    if (!open_->paths.insert(path).second) {
      throw corka::error{corka::errc::store_in_use, "store in '" + path.string() + "' is open already: close it first"};
    }
  }
  store::opened made;
  try {
    made.store = std::make_unique<file_store>(path, open_, made.why_dropped);
  } catch (...) {
    const std::lock_guard lock{open_->guard};
    open_->paths.erase(path);
    throw;
  }
  return made;
}
