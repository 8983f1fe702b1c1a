// Any bytes as the file of a local copy: it is dropped, or every row can be read, and written on.
//
// LMDB believes its file, so what file_check lets pass must not be able to harm.
#include "fuzz/fuzzing.hpp"

#include "store/lmdb/file_check.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

using namespace corka;
using fuzz::require;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& file, std::string_view bytes) {
  std::ofstream{file, std::ios::binary | std::ios::trunc}.write(bytes.data(),
                                                                static_cast<std::streamsize>(bytes.size()));
}

void use(store::table_store& s) {
  // A row that cannot be read is an error that ends whoever uses it, as the store says; not the process.
  try {
    std::size_t bytes = 0;
    const auto in = s.read();
    for (const bool reverse : {false, true}) {
      in->range({}, {}, reverse, [&](std::string_view key, std::string_view value) {
        for (const char c : key) bytes += static_cast<unsigned char>(c);
        for (const char c : value) bytes += static_cast<unsigned char>(c);
        return true;
      });
    }
    static_cast<void>(in->get(std::string(1'200, 'L')));
    static_cast<void>(s.stats());
  } catch (const error& e) { require(e.kind() == errc::store_failed); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::temporary_folder folder{test::in_memory()};
  const auto table = folder.path() / "t";
  fs::remove_all(table);
  fs::create_directories(table);
  put(table / "data.mdb", {reinterpret_cast<const char*>(data), size});
  put(table / "boot", "corka-boot-mark-1 one dirty end\n");
  const auto damage = store::lmdb::damage_of(table / "data.mdb", std::numeric_limits<std::uint64_t>::max());
  store::lmdb::lmdb_factory factory{{.map_bytes = std::size_t{16} << 20U, .boot = "one"}};
  const auto opened = factory.open(table);
  // What is damaged is dropped; what is not may still be of somebody else.
  require(damage.empty() || !opened.why_dropped.empty());
  if (!opened.why_dropped.empty()) require(opened.store->stats().rows == 0);
  use(*opened.store);
  return 0;
}
