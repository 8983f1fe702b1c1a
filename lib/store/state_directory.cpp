#include "store/state_directory.hpp"

#include <corka/error.hpp>

#include <pwd.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>

namespace corka::store {

namespace {

/// File systems take 255 bytes.
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_half = 120;
constexpr char hex_digits[] = "0123456789ABCDEF";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

void append_encoded(std::string& to, char c) {
  const auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += hex_digits[byte >> 4U];
  to += hex_digits[byte & 15U];
}

std::uint64_t fnv1a_64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::string bounded_name(std::string_view name, std::size_t longest) {
  std::string safe;
  const bool only_dots = name == "." || name == "..";
  for (const char c : name) {
    if (is_plain(c) && !only_dots) {
      safe += c;
    } else {
      append_encoded(safe, c);
    }
  }
  if (safe.empty()) return "%";
  if (safe.size() <= longest) return safe;

  std::size_t cut = longest - 17;
  // Not within a %XX.
  if (safe[cut - 1] == '%') cut -= 1;
  if (safe[cut - 2] == '%') cut -= 2;
  safe.resize(cut);
  safe += '~';
  const auto hash = fnv1a_64(name);
  for (int shift = 60; shift >= 0; shift -= 4) safe += hex_digits[(hash >> static_cast<unsigned>(shift)) & 15U];
  return safe;
}

std::filesystem::path owner_folder(const std::filesystem::path& root, std::string_view owner,
                                   std::string_view instance) {
  if (instance.empty()) return root / bounded_name(owner, longest_name);
  // '@' is never in a safe name, so no group can have the folder of another group's instance.
  return root / (bounded_name(owner, longest_half) + "@" + bounded_name(instance, longest_half));
}

/// Value of an environment variable that holds an absolute path; relative ones are ignored, as XDG demands.
std::filesystem::path absolute_path_in(const char* variable) {
  const char* text = std::getenv(variable);
  std::filesystem::path path = text == nullptr ? "" : text;
  return path.is_absolute() ? path : std::filesystem::path{};
}

std::filesystem::path home() {
  auto path = absolute_path_in("HOME");
  if (!path.empty()) return path;
  const auto* user = ::getpwuid(::getuid());
  return user == nullptr || user->pw_dir == nullptr ? "" : user->pw_dir;
}

}  // namespace

state_directory::state_directory(const std::filesystem::path& root, std::string_view owner, std::string_view instance)
    : folder_{owner_folder(root, owner, instance)},
      lock_{"state folder", folder_, "a name of its own with --instance, or another --state-dir"} {}

std::filesystem::path state_directory::folder_of(const topic_partition& table) const {
  return folder_ / safe_file_name(table.topic.str()) / std::to_string(table.partition.value);
}

std::filesystem::path state_directory::default_root() {
  if (const char* chosen = std::getenv("CORKA_STATE_DIR"); chosen != nullptr && *chosen != '\0') {
    return std::filesystem::absolute(chosen);
  }
  if (const auto xdg = absolute_path_in("XDG_STATE_HOME"); !xdg.empty()) return xdg / "corka";
  if (const auto path = home(); path.is_absolute()) return path / ".local" / "state" / "corka";
  throw error{
      errc::invalid_option,
      "no place for local state: neither CORKA_STATE_DIR nor XDG_STATE_HOME nor HOME is set (set CORKA_STATE_DIR, "
      "or use --state-dir)"};
}

std::string safe_file_name(std::string_view name) { return bounded_name(name, longest_name); }

}  // namespace corka::store
