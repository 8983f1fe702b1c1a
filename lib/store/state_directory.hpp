// Where on this machine the tables of one group or view are kept.
#pragma once

#include "base/directory_lock.hpp"

#include <corka/ids.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace corka::store {

/// `<root>/<owner>/<topic>/<partition>`, where owner is a group or view. Owners with an instance name have
/// `<root>/<owner>@<instance>`.
///
/// Life: the folder of the owner is locked from construction to destruction. Threads: safe once constructed.
/// Errors: as directory_lock.
class state_directory {
 public:
  state_directory(const std::filesystem::path& root, std::string_view owner, std::string_view instance = {});

  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// Folder of one table partition; it need not exist.
  [[nodiscard]] std::filesystem::path folder_of(const topic_partition& table) const;

  /// $CORKA_STATE_DIR, else $XDG_STATE_HOME/corka, else ~/.local/state/corka.
  /// @throws error{errc::invalid_option} where none of them is known.
  [[nodiscard]] static std::filesystem::path default_root();

 private:
  std::filesystem::path folder_;
  directory_lock lock_;
};

/// `name` as one path component: bytes other than A-Z a-z 0-9 . _ - are percent-encoded, also the dots of "." and "..",
/// and none is "%". What is longer than 200 bytes then is cut and ends in "~" and 16 hex digits of its hash.
[[nodiscard]] std::string safe_file_name(std::string_view name);

}  // namespace corka::store
