#include "store/boot_mark.hpp"

#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <fstream>

namespace corka::test {

using store::boot_mark;

TEST_CASE("boot mark: missing or unreadable, it leaves doubt") {
  temporary_folder folder;
  CHECK(boot_mark(folder / "boot", "a").doubt() == "it has no boot mark");
  std::ofstream{folder / "boot"} << "corka-boot-mark-1 a dirt";
  CHECK(boot_mark(folder / "boot", "a").doubt() == "its boot mark is damaged");
}

TEST_CASE("boot mark: what was being written is believed on the same boot only") {
  temporary_folder folder;
  boot_mark(folder / "boot", "a").writing();
  CHECK(boot_mark(folder / "boot", "a").doubt().empty());
  CHECK_FALSE(boot_mark(folder / "boot", "a").other_boot());
  CHECK(boot_mark(folder / "boot", "b").doubt() == "the machine was restarted before it was closed");
  CHECK(boot_mark(folder / "boot", "b").other_boot());
}

TEST_CASE("boot mark: what was synced is believed on every boot, until it is written again") {
  temporary_folder folder;
  {
    boot_mark mark{folder / "boot", "a"};
    mark.writing();
    CHECK(mark.is_dirty());
    mark.synced();
    CHECK_FALSE(mark.is_dirty());
  }
  {
    boot_mark mark{folder / "boot", "b"};
    CHECK(mark.doubt().empty());
    CHECK(mark.other_boot());
    mark.writing();
  }
  CHECK(boot_mark(folder / "boot", "b").doubt().empty());
  CHECK_FALSE(boot_mark(folder / "boot", "a").doubt().empty());
}

TEST_CASE("boot mark: a machine that does not tell its boot is believed after a sync only") {
  temporary_folder folder;
  boot_mark mark{folder / "boot", ""};
  mark.writing();
  CHECK_FALSE(boot_mark(folder / "boot", "").doubt().empty());
  mark.synced();
  CHECK(boot_mark(folder / "boot", "").doubt().empty());
}

TEST_CASE("boot mark: this machine tells its boot, twice the same") {
  CHECK(boot_mark::this_boot().size() == 36);
  CHECK(boot_mark::this_boot() == boot_mark::this_boot());
}

TEST_CASE("boot mark: one that cannot be written is an error that names it") {
  temporary_folder folder;
  boot_mark mark{folder / "missing/boot", "a"};
  CHECK_THROWS_WITH_AS(mark.writing(), doctest::Contains("missing/boot"), error);
}

}  // namespace corka::test
