// The example of a store that a program brings along (apps/own_store), beyond the contract: what a crash leaves.
#include "subject.hpp"

#include <filesystem>
#include <string>

namespace corka::test {

TEST_CASE("own store: a file that ends anywhere holds one of its checkpoints, with the rows of that") {
  const temporary_folder folder;
  file_store_factory factory;
  const auto file = folder / "written" / "rows.log";
  std::vector<std::uintmax_t> ends{0};
  std::vector<rows> states{{}};
  {
    const auto written = factory.open(folder / "written").store;
    const changes batches[]{{{"a", "1"}, {"b", "2"}}, {{"a", std::nullopt}, {"c", ""}}, {{"b", "3"}}};
    for (std::int64_t i = 0; i < 3; ++i) {
      write(*written, batches[i], at(i + 1));
      ends.push_back(std::filesystem::file_size(file));
      states.push_back(all(*written));
    }
  }
  for (std::uintmax_t size = 0; size <= ends.back(); ++size) {
    CAPTURE(size);
    const auto cut = folder / "cut";
    std::filesystem::remove_all(cut);
    std::filesystem::create_directories(cut);
    std::filesystem::copy_file(file, cut / "rows.log");
    std::filesystem::resize_file(cut / "rows.log", size);
    const auto opened = factory.open(cut);
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= size) ++whole;
    REQUIRE(all(*opened.store) == states[whole]);
    REQUIRE(opened.store->last_checkpoint().has_value() == (whole > 0));
    if (whole > 0) REQUIRE(opened.store->last_checkpoint() == at(static_cast<std::int64_t>(whole)));
    REQUIRE(opened.why_dropped.empty() == (size == ends[whole]));
  }
}

}  // namespace corka::test
