// The disk of a simulated broker, which can lose what it was not made to keep.
#pragma once

#include "base/dice.hpp"
#include "kafka/embedded/disk.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::simulation_parts {

/// Files and folders in memory. It knows what was synced, and can stop in the middle of any call that changes it;
/// whoever uses it then gets nothing but errors until it is started again.
///
/// Two ways to stop. When the *process* dies, the system keeps all that was handed to it: only the write under way is
/// torn. When the *power* fails, only what was synced is sure: of the bytes behind, some are kept, and they may end in
/// rubbish; each entry of a folder that was not synced is there or not, as if nothing had ordered them.
///
/// Life: outlives its files. Threads: one. Errors: error{errc::store_failed}.
class simulated_disk final : public kafka::embedded::disk {
 public:
  enum class loss : std::uint8_t { process, power };

  simulated_disk(loss by, dice d) : by_{by}, dice_{d} {}

  /// Stops in the n-th call from now that changes something, 0 being the next.
  void stop_in(std::uint64_t calls) { stops_in_ = calls; }
  /// Stops now, if it has not yet.
  void stop() { stopped_ = true; }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  /// What is left of everything is now on the disk, and can be opened.
  void start();
  /// The n-th write from now finds no room, and leaves nothing.
  void refuse_in(std::uint64_t writes) { refuses_in_ = writes; }
  /// As long as it is full, so does every one.
  void set_full(bool full) noexcept { full_ = full; }
  [[nodiscard]] bool full() const noexcept { return full_; }
  /// Calls that changed something, so far.
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }

  [[nodiscard]] std::unique_ptr<kafka::embedded::log_file> create(const std::filesystem::path& file,
                                                                  std::size_t room) override;
  [[nodiscard]] found open(const std::filesystem::path& file, std::size_t room) override;
  [[nodiscard]] std::optional<std::string> read(const std::filesystem::path& file, std::size_t most) override;
  [[nodiscard]] std::size_t size(const std::filesystem::path& file) override;
  void write(const std::filesystem::path& file, std::string_view bytes) override;
  [[nodiscard]] std::vector<entry> list(const std::filesystem::path& folder) override;
  void make_folder(const std::filesystem::path& folder, bool sync) override;
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  void remove(const std::filesystem::path& what) override;
  void sync_folder(const std::filesystem::path& folder) override;

 private:
  class open_file;
  struct node;
  using entries = std::map<std::string, std::shared_ptr<node>>;
  /// Names that come (or, if null, go) together.
  using change = std::vector<std::pair<std::string, std::shared_ptr<node>>>;
  /// A file or a folder, under whichever name.
  struct node {
    bool is_folder = false;
    // A file
    std::shared_ptr<char[]> bytes{};
    std::size_t room = 0;
    std::size_t size = 0;
    std::size_t synced = 0;
    // A folder
    entries now{};
    entries sure{};
    std::vector<change> unsure{};  ///< from `sure` to `now`, in their order
  };

  /// Called by all that changes something. True: this is the call in which it stops. @throws once it has.
  [[nodiscard]] bool stops_here();
  [[noreturn]] void fail_stopped() const;
  [[nodiscard]] std::shared_ptr<node> find(const std::filesystem::path& path) const;
  /// @throws if there is none.
  [[nodiscard]] std::shared_ptr<node> get(const std::filesystem::path& path) const;
  void enter(const std::filesystem::path& folder, change c);
  static void apply(const change& c, entries& to);
  void settle(node& folder, std::map<const node*, std::shared_ptr<node>>& files);
  [[nodiscard]] std::shared_ptr<node> survivor_of(const node& file);
  static void put(node& to, std::size_t at, std::string_view bytes);

  loss by_;
  dice dice_;
  std::shared_ptr<node> root_ = std::make_shared<node>(node{.is_folder = true});
  std::optional<std::uint64_t> stops_in_;
  std::optional<std::uint64_t> refuses_in_;
  std::uint64_t calls_ = 0;
  bool full_ = false;
  bool stopped_ = false;
};

}  // namespace corka::simulation_parts
