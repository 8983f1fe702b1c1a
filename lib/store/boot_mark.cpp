#include "store/boot_mark.hpp"

#include <corka/error.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace corka::store {

namespace {
constexpr std::string_view magic = "corka-boot-mark-1";
}

boot_mark::boot_mark(std::filesystem::path file, std::string boot) : file_{std::move(file)}, boot_{std::move(boot)} {
  std::ifstream in{file_};
  std::string word;
  std::string written_on;
  std::string state;
  std::string end;
  in >> word >> written_on >> state >> end;
  if (word != magic || end != "end" || (state != "clean" && state != "dirty")) {
    doubt_ = std::filesystem::exists(file_) ? "its boot mark is damaged" : "it has no boot mark";
    return;
  }
  other_boot_ = boot_.empty() || written_on != boot_;
  if (state == "dirty" && other_boot_) doubt_ = "the machine was restarted before it was closed";
  dirty_ = state == "dirty" && !other_boot_;
}

void boot_mark::writing() {
  if (dirty_) return;
  write(false);
  dirty_ = true;
}

void boot_mark::synced() {
  write(true);
  dirty_ = false;
}

void boot_mark::write(bool clean) {
  std::string text{magic};
  text += " " + (boot_.empty() ? std::string{"unknown"} : boot_) + (clean ? " clean" : " dirty") + " end\n";
  // In place: shorter than a sector, and one that is torn all the same says "damaged", which costs a recovery.
  const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  bool ok = file >= 0 && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
            ::ftruncate(file, static_cast<off_t>(text.size())) == 0 && ::fdatasync(file) == 0;
  const int why = errno;
  if (file >= 0) ok = (::close(file) == 0) && ok;
  if (!ok) {
    throw error{errc::store_failed, "boot mark '" + file_.string() + "' cannot be written: " + std::strerror(why) +
                                        " (free some space or make the folder writable)"};
  }
}

std::string boot_mark::this_boot() {
  std::ifstream in{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  in >> id;
  return id;
}

}  // namespace corka::store
