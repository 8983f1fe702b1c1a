// What becomes of LMDB's files when processes and machines end badly.
#include "subject.hpp"

#include <corka/error.hpp>

#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>

namespace corka::test {

namespace {

namespace fs = std::filesystem;
using store::lmdb::lmdb_factory;

/// Rows over several levels of pages, with long keys and large values.
changes many_rows(int n) {
  changes c;
  for (int i = 0; i < n; ++i)
    c["key" + std::to_string(i * 7919 % n)] = std::string(120, static_cast<char>('a' + i % 26));
  for (int i = 0; i < 10; ++i) c[std::string(1200, 'L') + std::to_string(i)] = std::string(9000, 'v');
  return c;
}

rows as_rows(const changes& c) {
  rows r;
  for (const auto& [key, value] : c) r.emplace_back(key, *value);
  return r;
}

struct files {
  temporary_folder folder;
  std::string boot = "boot-1";

  [[nodiscard]] store::opened open() const { return lmdb_factory{{.boot = boot}}.open(folder / "t"); }
  [[nodiscard]] fs::path data() const { return folder / "t/data.mdb"; }
  void write_rows(const changes& what, bool close) const {
    const auto opened = open();
    write(*opened.store, what, at(5));
    if (close) opened.store->close();
  }
};

std::string bytes_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void put_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream{file, std::ios::binary | std::ios::trunc}.write(bytes.data(),
                                                                static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("lmdb: a copy is trusted while the machine runs, and after a restart only if it was closed") {
  for (const bool closed : {true, false}) {
    for (const auto* boot : {"boot-1", "boot-2", ""}) {
      CAPTURE(closed);
      CAPTURE(boot);
      files f;
      f.write_rows({{"a", "1"}}, closed);
      f.boot = boot;
      const auto again = f.open();
      const bool trusted = closed || f.boot == "boot-1";
      CHECK(again.why_dropped.empty() == trusted);
      CHECK(all(*again.store).size() == (trusted ? 1 : 0));
      CHECK(again.store->last_checkpoint().has_value() == trusted);
    }
  }
}

TEST_CASE("lmdb: a copy that was closed, opened and written again is not trusted after a restart") {
  files f;
  f.write_rows({{"a", "1"}}, true);
  f.write_rows({{"b", "2"}}, false);
  f.boot = "boot-2";
  const auto again = f.open();
  CHECK(again.why_dropped == "the machine was restarted before it was closed");
  CHECK(all(*again.store).empty());
}

TEST_CASE("lmdb: a copy that was closed and then only read stays trusted") {
  files f;
  f.write_rows({{"a", "1"}}, true);
  {
    const auto reading = f.open();
    CHECK(get(*reading.store, {"a"}).size() == 1);
  }
  f.boot = "boot-2";
  CHECK(f.open().why_dropped.empty());
}

TEST_CASE("lmdb: a store that never had rows is not worth a word") {
  files f;
  { const auto unused = f.open(); }
  f.boot = "boot-2";
  CHECK(f.open().why_dropped.empty());
}

TEST_CASE("lmdb: deleted files and folders cost the rows, nothing else") {
  for (const auto* name : {"t", "t/data.mdb", "t/lock.mdb", "t/boot"}) {
    CAPTURE(name);
    files f;
    f.write_rows(many_rows(100), false);
    fs::remove_all(f.folder / name);
    const auto again = f.open();
    const bool kept = std::string{name} == "t/lock.mdb";
    CHECK(again.store->stats().rows == (kept ? 110 : 0));
    CHECK(again.store->last_checkpoint().has_value() == kept);
    write(*again.store, {{"b", "2"}}, at(6));
    CHECK(get(*again.store, {"b"}).size() == 1);
  }
}

TEST_CASE("lmdb: a file that is cut anywhere is dropped, with the reason, and never read past its end") {
  files f;
  f.write_rows(many_rows(2000), false);
  const auto whole = bytes_of(f.data());
  REQUIRE(whole.size() > 60 * 4096);
  for (std::size_t size = 0; size < whole.size(); size += size < 20'000 ? 1000 : whole.size() / 13) {
    CAPTURE(size);
    put_bytes(f.data(), whole.substr(0, size));
    const auto again = f.open();
    CHECK(again.store->stats().rows == 0);
    CHECK_MESSAGE(again.why_dropped.find("is cut short") != std::string::npos, again.why_dropped);
  }
}

TEST_CASE("lmdb: whatever is scribbled over a page, opening and reading end in rows or in an empty store") {
  files f;
  const auto written = many_rows(2000);
  f.write_rows(written, false);
  f.write_rows({{"key1", std::nullopt}, {"key500", "changed"}}, false);
  const auto whole = bytes_of(f.data());
  std::mt19937 random{7};
  std::size_t dropped = 0;
  std::size_t tried = 0;
  for (std::size_t page = 0; page < whole.size() / 4096; ++page) {
    for (const bool zeros : {true, false}) {
      CAPTURE(page);
      CAPTURE(zeros);
      auto bytes = whole;
      for (std::size_t i = 0; i < 4096; ++i) bytes[page * 4096 + i] = zeros ? '\0' : static_cast<char>(random());
      put_bytes(f.data(), bytes);
      const auto again = f.open();
      tried += 1;
      if (!again.why_dropped.empty()) {
        dropped += 1;
        REQUIRE(all(*again.store).empty());
      } else {
        // Free pages, and the inside of large values.
        REQUIRE(all(*again.store).size() == written.size() - 1);
      }
      write(*again.store, {{"z", "1"}}, at(6));
      REQUIRE(get(*again.store, {"z"}).size() == 1);
    }
  }
  CHECK(dropped > tried / 2);
}

TEST_CASE("lmdb: headers whose transactions are where LMDB does not look for them are damage") {
  // What LMDB takes is the header that the number's last bit names, not the one with the larger number.
  for (const std::size_t page : {0, 1}) {
    CAPTURE(page);
    files f;
    f.write_rows(many_rows(10), false);
    auto bytes = bytes_of(f.data());
    bytes[page * 4096 + 144] = page == 0 ? '\x31' : '\x30';
    put_bytes(f.data(), bytes);
    const auto again = f.open();
    CHECK_MESSAGE(again.why_dropped.find("is damaged at page " + std::to_string(page)) != std::string::npos,
                  again.why_dropped);
    CHECK(all(*again.store).empty());
  }
}

TEST_CASE("lmdb: a file of a newer format, of another program, or none at all is dropped with the reason") {
  files f;
  const auto path = f.folder / "t";
  const auto write_entry = [&](std::string_view key, std::string_view value) {
    fs::create_directories(path);
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{value.size(), const_cast<char*>(value.data())};
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_open(env, path.c_str(), 0, 0644) == 0);
    REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, nullptr, 0, &dbi) == 0);
    REQUIRE(mdb_put(txn, dbi, &k, &v, 0) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
  };
  const auto why = [&] {
    const auto opened = f.open();
    CHECK(all(*opened.store).empty());
    CHECK_FALSE(opened.store->last_checkpoint());
    return opened.why_dropped;
  };
  const std::string meta_key(1, '\0');
  f.write_rows({{"a", "1"}}, false);

  SUBCASE("a link that leads back to its own node") {
    const std::string link = std::string(500, 'L') + '\0';
    const std::string node("\x01\0\0\0\0\0\0\0\x01", 9);
    const std::string to_node("n\x01\0\0\0\0\0\0\0", 9);
    write_entry("\x02" + link, to_node);
    write_entry(node + link, to_node);
    const auto opened = f.open();
    CHECK_THROWS_AS((void)all(*opened.store), error);
    return;
  }

  SUBCASE("newer") {
    write_entry(meta_key, "\x02 and what that corka knows");
    CHECK(why() == "it has format 2, this corka reads format 1");
  }
  SUBCASE("damaged meta") {
    write_entry(meta_key, "\x01 cut");
    CHECK(why() == "its meta record is damaged");
  }
  SUBCASE("another program's") {
    fs::remove(f.data());
    write_entry("some", "thing");
    CHECK(why() == "it was not written by corka");
  }
  SUBCASE("no LMDB file") {
    put_bytes(f.data(), std::string(100'000, 'x'));
    CHECK(why().find("is not an LMDB file") != std::string::npos);
  }
  SUBCASE("a folder") {
    fs::remove(f.data());
    fs::create_directories(f.data() / "strange");
    CHECK_FALSE(why().empty());
  }
  SUBCASE("a damaged boot mark") {
    put_bytes(path / "boot", "corka-boot-mark-1 boot");
    CHECK(why() == "its boot mark is damaged");
  }
}

TEST_CASE("lmdb: a process that is killed while it writes leaves whole batches") {
  for (int round = 1; round <= 5; ++round) {
    CAPTURE(round);
    files f;
    int told[2]{};
    REQUIRE(::pipe(told) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto opened = f.open();
      for (int n = 1;; ++n) {
        changes c;
        for (int i = 0; i < 200; ++i)
          c["k" + std::to_string(i * 31 % 1000)] =
              std::to_string(n) + std::string(static_cast<std::size_t>(n % 500), 'x');
        write(*opened.store, c, at(n));
        if (::write(told[1], "x", 1) != 1) ::_exit(1);
      }
    }
    ::close(told[1]);
    char x = 0;
    for (int batches = 0; batches < round * 20; ++batches) REQUIRE(::read(told[0], &x, 1) == 1);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    ::close(told[0]);

    const auto again = f.open();
    CHECK(again.why_dropped.empty());
    const auto reached = again.store->last_checkpoint();
    REQUIRE(reached);
    CHECK(reached->changelog.value >= round * 20);
    const auto left = all(*again.store);
    CHECK(left.size() == 200);
    for (const auto& [key, value] : left) REQUIRE(value.starts_with(std::to_string(reached->changelog.value)));
  }
}

TEST_CASE("lmdb: the map grows when it is full, once readers have left") {
  temporary_folder folder;
  const auto opened = lmdb_factory{{.map_bytes = 1 << 18}}.open(folder / "t");
  changes c;
  for (int i = 0; i < 5000; ++i) c[std::to_string(i)] = std::string(1000, 'v');
  write(*opened.store, c);
  CHECK(all(*opened.store) == as_rows(c));
  for (int i = 0; i < 5000; ++i) c[std::to_string(i)] = std::string(5000, 'w');
  write(*opened.store, c);
  CHECK(all(*opened.store) == as_rows(c));
}

TEST_CASE("lmdb: after a batch that touched very many pages the store goes on as before, with and without readers") {
  temporary_folder folder;
  const auto opened = lmdb_factory{}.open(folder / "t");
  changes c;
  for (int i = 0; i < 10'000; ++i) c[std::to_string(i)] = std::string(2100, 'v');
  write(*opened.store, c, at(1));
  const auto kept = opened.store->read();
  for (auto& [key, value] : c) value = std::string(2200, 'w');
  write(*opened.store, c, at(2));
  CHECK(kept->get("77") == std::string(2100, 'v'));
  CHECK(all(*opened.store) == as_rows(c));
  CHECK(opened.store->last_checkpoint() == at(2));
  CHECK_THROWS_AS(static_cast<void>(lmdb_factory{}.open(folder / "t")), error);
}

TEST_CASE("lmdb: files are no longer than the rows need") {
  files f;
  f.write_rows(many_rows(2000), true);
  CHECK(fs::file_size(f.data()) < 1'000'000);
  const auto opened = f.open();
  opened.store->clear();
  CHECK(fs::file_size(f.data()) <= 4 * 4096);
}

TEST_CASE("lmdb: a folder that cannot be made is an error that names it") {
  temporary_folder folder;
  put_bytes(folder / "file", "");
  try {
    static_cast<void>(lmdb_factory{}.open(folder / "file/t"));
    FAIL("opened");
  } catch (const error& e) {
    CHECK(e.kind() == errc::store_failed);
    CHECK(std::string{e.what()}.find((folder / "file/t").string()) != std::string::npos);
  }
}

TEST_CASE("lmdb: how far the oldest reader is behind is told") {
  const files f;
  const auto opened = f.open();
  auto& store = *opened.store;
  write(store, {{"a", "1"}}, at(1));
  CHECK(store.stats().oldest_reader == 0);
  auto first = store.read();
  CHECK(store.stats().oldest_reader == 0);
  write(store, {{"a", "2"}}, at(2));
  auto second = store.read();
  write(store, {{"a", "3"}}, at(3));
  CHECK(store.stats().oldest_reader == 2);
  store.get({}, [](std::size_t, std::string_view) {});
  first.reset();
  CHECK(store.stats().oldest_reader == 1);
  second.reset();
  CHECK(store.stats().oldest_reader == 0);
  store.close();
}

}  // namespace corka::test
