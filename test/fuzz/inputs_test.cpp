// Every committed input of the fuzz targets, once: seeds, and what has once found a bug. For builds without libFuzzer,
// where each target's function has a name of its own (corka_fuzz.cmake).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

void run_all(int (*target)(const std::uint8_t*, std::size_t), const std::string& name) {
  std::vector<fs::path> files;
  for (const std::string folder : {"crashes", "corpus"}) {
    const auto path = fs::path{FUZZ_INPUTS} / folder / name;
    if (!fs::is_directory(path)) continue;
    for (const auto& entry : fs::directory_iterator{path}) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  REQUIRE_FALSE(files.empty());
  for (const auto& file : files) {
    CAPTURE(file);
    std::ifstream in{file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    CHECK(target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0);
  }
}

}  // namespace

#define TARGET(name)                                                  \
  extern "C" int corka_fuzz_##name(const std::uint8_t*, std::size_t); \
  TEST_CASE("fuzz inputs: " #name) { run_all(corka_fuzz_##name, #name); }

#include "fuzz_targets.inc"
