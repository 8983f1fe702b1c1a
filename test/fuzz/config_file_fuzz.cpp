// Any config file is read, or refused with words for the user; what is then shown of it has no secret.
#include "fuzz/fuzzing.hpp"

#include "app/command_line.hpp"
#include "app/effective_settings.hpp"
#include "support/temporary_folder.hpp"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using namespace corka;
using fuzz::require;

namespace {

/// A command line with flags of every kind, as programs have them.
struct program {
  std::string data = "data";
  double rate = 50;
  std::int64_t partitions = 4;
  bool quiet = false;
  std::vector<std::string> only;
  app_parts::command_line line{"flights", "Counts flights."};

  program() {
    line.flag("--data", data, "Folder");
    line.flag("--rate", rate, "Flights per second");
    line.flag("--partitions", partitions, "Partitions");
    line.flag("--quiet", quiet, "Says less");
    line.flag("--only", only, "Parts");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::temporary_folder folder{test::in_memory()};
  const auto file = (folder.path() / "config.toml").string();
  std::ofstream{file, std::ios::binary | std::ios::trunc}.write(reinterpret_cast<const char*>(data),
                                                                static_cast<std::streamsize>(size));
  program p;
  if (const auto end = p.line.parse({"--config", file})) {
    require(end->code == 2 || end->code == 0);
    require(!end->text.empty());
    return 0;
  }
  for (const auto& section : app_parts::settings_of(p.line.found(), folder.path())) {
    if (section.name != "kafka") continue;
    for (const auto& s : section.settings) require(s.masked == app_parts::is_secret(s.name) && s.masked != !!s.value);
  }
  return 0;
}
