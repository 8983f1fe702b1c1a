#include "simulation/simulated_disk.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace corka::simulation_parts {

namespace fs = std::filesystem;

class simulated_disk::open_file final : public kafka::embedded::log_file {
 public:
  open_file(simulated_disk& on, fs::path name, std::shared_ptr<node> of, std::size_t room)
      : on_{on}, name_{std::move(name)}, of_{std::move(of)} {
    if (of_->room < room) {
      std::shared_ptr<char[]> larger{new char[room]};
      if (of_->size > 0) std::memcpy(larger.get(), of_->bytes.get(), of_->size);
      of_->bytes = std::move(larger);
      of_->room = room;
    }
    mapped_ = of_->bytes;
    data_ = mapped_.get();
    room_ = of_->room;
  }

  void write(std::size_t at, std::string_view bytes) override {
    const bool stops = on_.stops_here();
    const bool refused = on_.refuses_in_ && (*on_.refuses_in_)-- == 0;
    if (refused) on_.refuses_in_.reset();
    if (refused || on_.full_) {
      throw error{errc::store_failed, fmt::format("embedded broker: cannot write {}: no space left", name_.string())};
    }
    on_.put(*of_, at, stops ? bytes.substr(0, on_.dice_.below(bytes.size() + 1)) : bytes);
    if (stops) on_.fail_stopped();
  }
  void cut(std::size_t size) override {
    const bool stops = on_.stops_here();
    if (!stops || on_.dice_.one_in(2)) {
      of_->size = size;
      of_->synced = std::min(of_->synced, size);
    }
    if (stops) on_.fail_stopped();
  }
  void sync() override {
    const bool stops = on_.stops_here();
    if (!stops || on_.dice_.one_in(2)) of_->synced = of_->size;
    if (stops) on_.fail_stopped();
  }
  void finish() noexcept override {}

 private:
  simulated_disk& on_;
  fs::path name_;
  std::shared_ptr<node> of_;
  std::shared_ptr<char[]> mapped_;
};

void simulated_disk::fail_stopped() const {
  throw error{errc::store_failed, "embedded broker: its disk has stopped: start it again"};
}

bool simulated_disk::stops_here() {
  if (stopped_) fail_stopped();
  ++calls_;
  if (!stops_in_) return false;
  if ((*stops_in_)-- > 0) return false;
  stops_in_.reset();
  stopped_ = true;
  return true;
}

void simulated_disk::put(node& to, std::size_t at, std::string_view bytes) {
  std::memcpy(to.bytes.get() + at, bytes.data(), bytes.size());
  to.size = at + bytes.size();
  to.synced = std::min(to.synced, at);
}

// Entries.

std::shared_ptr<simulated_disk::node> simulated_disk::find(const fs::path& path) const {
  auto at = root_;
  for (const auto& name : path.relative_path()) {
    const auto next = at->now.find(name.string());
    if (next == at->now.end()) return nullptr;
    at = next->second;
  }
  return at;
}

std::shared_ptr<simulated_disk::node> simulated_disk::get(const fs::path& path) const {
  if (stopped_) fail_stopped();
  auto found = find(path);
  if (!found) throw error{errc::store_failed, fmt::format("embedded broker: there is no {}", path.string())};
  return found;
}

void simulated_disk::apply(const change& c, entries& to) {
  for (const auto& [name, what] : c) {
    if (what) to[name] = what;
    else to.erase(name);
  }
}

void simulated_disk::enter(const fs::path& folder, change c) {
  const bool stops = stops_here();
  auto& in = *get(folder);
  if (!stops || dice_.one_in(2)) {
    apply(c, in.now);
    in.unsure.push_back(std::move(c));
  }
  if (stops) fail_stopped();
}

void simulated_disk::make_folder(const fs::path& folder, bool sync) {
  if (find(folder)) return;
  make_folder(folder.parent_path(), sync);
  enter(folder.parent_path(), {{folder.filename().string(), std::make_shared<node>(node{.is_folder = true})}});
  if (sync) sync_folder(folder.parent_path());
}

void simulated_disk::rename(const fs::path& from, const fs::path& to) {
  auto what = get(from);
  enter(from.parent_path(), {{from.filename().string(), nullptr}, {to.filename().string(), std::move(what)}});
}

void simulated_disk::remove(const fs::path& what) {
  if (find(what)) enter(what.parent_path(), {{what.filename().string(), nullptr}});
}

void simulated_disk::sync_folder(const fs::path& folder) {
  const bool stops = stops_here();
  if (!stops || dice_.one_in(2)) {
    auto& of = *find(folder);
    of.sure = of.now;
    of.unsure.clear();
  }
  if (stops) fail_stopped();
}

std::vector<kafka::embedded::disk::entry> simulated_disk::list(const fs::path& folder) {
  std::vector<entry> all;
  for (const auto& [name, what] : get(folder)->now) all.push_back({folder / name, what->is_folder});
  return all;
}

// Files.

std::unique_ptr<kafka::embedded::log_file> simulated_disk::create(const fs::path& file, std::size_t room) {
  auto made = std::make_shared<node>();
  enter(file.parent_path(), {{file.filename().string(), made}});
  return std::make_unique<open_file>(*this, file, std::move(made), room);
}

kafka::embedded::disk::found simulated_disk::open(const fs::path& file, std::size_t room) {
  const auto of = get(file);
  return {std::make_unique<open_file>(*this, file, of, std::max(room, of->size)), of->size};
}

std::optional<std::string> simulated_disk::read(const fs::path& file, std::size_t most) {
  if (stopped_) fail_stopped();
  const auto of = find(file);
  if (!of || of->is_folder) return std::nullopt;
  return std::string{of->bytes.get(), std::min(most, of->size)};
}

std::size_t simulated_disk::size(const fs::path& file) { return get(file)->size; }

void simulated_disk::write(const fs::path& file, std::string_view bytes) {
  const auto made = create(file, bytes.size());
  made->write(0, bytes);
  made->sync();
}

// What is left.

std::shared_ptr<simulated_disk::node> simulated_disk::survivor_of(const node& file) {
  auto left = std::make_shared<node>();
  left->size = file.size;
  std::size_t rubbish = 0;
  if (by_ == loss::power && file.size > file.synced) {
    left->size = file.synced + dice_.below(file.size - file.synced + 1);
    if (dice_.one_in(3)) rubbish = dice_.below(left->size - file.synced + 1);
  }
  left->synced = left->size;
  left->room = left->size;
  left->bytes = std::shared_ptr<char[]>{new char[left->size + 1]};
  if (left->size > 0) std::memcpy(left->bytes.get(), file.bytes.get(), left->size);
  for (std::size_t i = 0; i < rubbish; ++i)
    left->bytes[static_cast<std::ptrdiff_t>(left->size - 1 - i)] = static_cast<char>(dice_.roll());
  return left;
}

void simulated_disk::settle(node& folder, std::map<const node*, std::shared_ptr<node>>& files) {
  if (by_ == loss::power) {
    for (const auto& c : folder.unsure) {
      if (dice_.one_in(2)) apply(c, folder.sure);
    }
    folder.now = folder.sure;
  }
  for (auto& [name, what] : folder.now) {
    if (what->is_folder) {
      settle(*what, files);
      continue;
    }
    auto& left = files[what.get()];
    if (!left) left = survivor_of(*what);
    what = left;
  }
  folder.sure = folder.now;
  folder.unsure.clear();
}

void simulated_disk::start() {
  std::map<const node*, std::shared_ptr<node>> files;
  settle(*root_, files);
  stops_in_.reset();
  stopped_ = false;
}

}  // namespace corka::simulation_parts
