// What every store promises (lib/store/store.hpp).
#include "subject.hpp"

#include <corka/error.hpp>

#include <atomic>
#include <string>
#include <thread>

namespace corka::test {

TEST_CASE_TEMPLATE("store: a new one is a copy of nothing", On, CORKA_STORES) {
  subject<On> s;
  CHECK(s.why_dropped.empty());
  CHECK_FALSE(s.store->is_copy_of());
  CHECK_FALSE(s.store->last_checkpoint());
  CHECK(all(*s.store).empty());
  CHECK(s.store->stats().rows == 0);
  CHECK(get(*s.store, {"a"}).empty());
}

TEST_CASE_TEMPLATE("store: rows, identity and checkpoint are written together", On, CORKA_STORES) {
  subject<On> s;
  store::checkpoint c = at(17);
  c.inputs = {{"clicks", offset{3}}, {"visits", offset{0}}};
  c.written_ms = 1'704'067'200'000;
  write(*s.store, {{"anna", "1"}, {"bea", "2"}}, c);
  CHECK(s.store->is_copy_of() == users);
  CHECK(s.store->last_checkpoint() == c);
  CHECK(all(*s.store) == rows{{"anna", "1"}, {"bea", "2"}});

  write(*s.store, {}, at(18));
  CHECK(s.store->last_checkpoint() == at(18));
  CHECK(s.store->stats().rows == 2);
}

TEST_CASE_TEMPLATE("store: a later value replaces, an erased row is gone, an empty value is a value", On,
                   CORKA_STORES) {
  subject<On> s;
  write(*s.store, {{"anna", "1"}, {"bea", "2"}, {"cleo", ""}});
  write(*s.store, {{"anna", "a much longer value than before"}, {"bea", std::nullopt}, {"nobody", std::nullopt}});
  CHECK(all(*s.store) == rows{{"anna", "a much longer value than before"}, {"cleo", ""}});
  CHECK(get(*s.store, {"anna", "bea", "cleo"}) ==
        std::map<std::string, std::string>{{"anna", "a much longer value than before"}, {"cleo", ""}});
  CHECK(s.store->stats().rows == 2);
  CHECK(s.store->stats().bytes_used > 0);
}

TEST_CASE_TEMPLATE("store: keys are any bytes, ordered unsigned, shorter first", On, CORKA_STORES) {
  subject<On> s;
  const std::string zero("\0", 1);
  const std::string a_zero("a\0", 2);
  write(*s.store, {{"", "none"},
                   {zero, "zero"},
                   {"a", "a"},
                   {a_zero, "a0"},
                   {"a\x7f", "a127"},
                   {"a\xff", "a255"},
                   {"\xff", "255"}});
  CHECK(all(*s.store) == rows{{"", "none"},
                              {zero, "zero"},
                              {"a", "a"},
                              {a_zero, "a0"},
                              {"a\x7f", "a127"},
                              {"a\xff", "a255"},
                              {"\xff", "255"}});
  CHECK(get(*s.store, {"", "\xff"}) == std::map<std::string, std::string>{{"", "none"}, {"\xff", "255"}});
}

TEST_CASE_TEMPLATE("store: a range takes its start, leaves out its end, and runs both ways", On, CORKA_STORES) {
  subject<On> s;
  write(*s.store, {{"a", "1"}, {"b", "2"}, {"ba", "3"}, {"bb", "4"}, {"c", "5"}});
  const auto in = s.store->read();
  CHECK(range(*in, "b", "c") == rows{{"b", "2"}, {"ba", "3"}, {"bb", "4"}});
  CHECK(range(*in, "b", "c", true) == rows{{"bb", "4"}, {"ba", "3"}, {"b", "2"}});
  CHECK(range(*in, "b0", "bb") == rows{{"ba", "3"}});
  CHECK(range(*in, "bb") == rows{{"bb", "4"}, {"c", "5"}});
  CHECK(range(*in, "bb", std::nullopt, true) == rows{{"c", "5"}, {"bb", "4"}});
  CHECK(range(*in, "b", "b").empty());
  CHECK(range(*in, "c", "b").empty());
  CHECK(range(*in, "c", "b", true).empty());
  CHECK(range(*in, "d").empty());
  CHECK(range(*in, "", "a", true).empty());
}

TEST_CASE_TEMPLATE("store: a range ends where its visitor has enough", On, CORKA_STORES) {
  subject<On> s;
  const std::string shared(600, 'x');
  write(*s.store, {{"a", "1"}, {"b", "2"}, {shared + "1", "3"}, {shared + "2", "4"}, {"z", "5"}});
  for (const bool reverse : {false, true}) {
    for (std::size_t enough = 1; enough <= 5; ++enough) {
      std::size_t seen = 0;
      s.store->read()->range({}, std::nullopt, reverse, [&](auto, auto) { return ++seen < enough; });
      CHECK(seen == enough);
    }
  }
}

TEST_CASE_TEMPLATE("store: keys of any length keep their order and their values", On, CORKA_STORES) {
  subject<On> s;
  std::map<std::string, std::string> expected;
  changes first;
  for (const std::size_t length :
       {0, 1, 498, 499, 500, 501, 502, 510, 511, 512, 999, 1000, 1001, 1500, 10'000, 100'000}) {
    for (const char last : {'a', 'b', '\0', '\xff'}) {
      auto key = std::string(length, 'k') + last;
      first[key] = expected[key] = std::to_string(length) + last;
    }
  }
  write(*s.store, first);
  CHECK(all(*s.store) == rows{expected.begin(), expected.end()});
  CHECK(range(*s.store->read(), {}, {}, true) == rows{expected.rbegin(), expected.rend()});
  CHECK(s.store->stats().rows == expected.size());
  std::vector<std::string> keys;
  for (const auto& [key, value] : expected) keys.push_back(key);
  CHECK(get(*s.store, keys) == expected);
  CHECK(get(*s.store, {std::string(700, 'k'), std::string(5000, 'k')}).empty());

  SUBCASE("each of them can be a bound") {
    for (auto from = expected.begin(); from != expected.end(); ++from) {
      CAPTURE(from->first.size());
      CHECK(range(*s.store->read(), from->first) == rows{from, expected.end()});
      CHECK(range(*s.store->read(), {}, from->first, true) == rows{std::make_reverse_iterator(from), expected.rend()});
    }
  }
  SUBCASE("each of them can be erased") {
    while (!expected.empty()) {
      const auto key = std::next(expected.begin(), static_cast<std::ptrdiff_t>(expected.size() / 2))->first;
      expected.erase(key);
      write(*s.store, {{key, std::nullopt}});
      REQUIRE(all(*s.store) == rows{expected.begin(), expected.end()});
      REQUIRE(s.store->stats().rows == expected.size());
    }
  }
}

TEST_CASE_TEMPLATE("store: values of 0 to 1 MiB", On, CORKA_STORES) {
  subject<On> s;
  std::map<std::string, std::string> expected;
  changes first;
  for (std::size_t size = 0; size <= (1U << 20U); size = size * 3 + 1) {
    first["v" + std::to_string(size)] = expected["v" + std::to_string(size)] =
        std::string(size, static_cast<char>(size));
  }
  first["most"] = expected["most"] = std::string(1U << 20U, 'm');
  write(*s.store, first);
  s.reopen(false);
  CHECK(all(*s.store) == rows{expected.begin(), expected.end()});
}

TEST_CASE_TEMPLATE("store: what was written is there when it is opened again", On, CORKA_STORES) {
  for (const bool close_before : {true, false}) {
    CAPTURE(close_before);
    subject<On> s;
    write(*s.store, {{"anna", "1"}, {std::string(2000, 'l'), "long"}}, at(7));
    s.reopen(close_before);
    CHECK(s.why_dropped.empty());
    CHECK(s.store->is_copy_of() == users);
    CHECK(s.store->last_checkpoint() == at(7));
    CHECK(all(*s.store) == rows{{"anna", "1"}, {std::string(2000, 'l'), "long"}});
    write(*s.store, {{"bea", "2"}}, at(8));
    s.reopen(close_before);
    CHECK(s.store->stats().rows == 3);
    CHECK(s.store->last_checkpoint() == at(8));
  }
}

TEST_CASE_TEMPLATE("store: clear leaves nothing, and the store is usable at once", On, CORKA_STORES) {
  subject<On> s;
  changes many;
  for (int i = 0; i < 1000; ++i) many["k" + std::to_string(i)] = std::string(100, 'v');
  many[std::string(3000, 'l')] = "long";
  write(*s.store, many);

  SUBCASE("while nobody reads") { s.store->clear(); }
  SUBCASE("while somebody reads, who sees what was there") {
    const auto before = s.store->read();
    s.store->clear();
    CHECK(range(*before).size() == many.size());
  }
  CHECK_FALSE(s.store->is_copy_of());
  CHECK_FALSE(s.store->last_checkpoint());
  CHECK(all(*s.store).empty());
  CHECK(s.store->stats().rows == 0);
  s.reopen(false);
  CHECK_FALSE(s.store->last_checkpoint());
  write(*s.store, {{"a", "1"}}, at(2));
  CHECK(all(*s.store) == rows{{"a", "1"}});
}

TEST_CASE_TEMPLATE("store: a snapshot does not change", On, CORKA_STORES) {
  subject<On> s;
  write(*s.store, {{"a", "1"}, {"b", "2"}});
  const auto before = s.store->read();
  write(*s.store, {{"a", "changed"}, {"b", std::nullopt}, {"c", "3"}});
  CHECK(range(*before) == rows{{"a", "1"}, {"b", "2"}});
  CHECK(before->get("a") == "1");
  CHECK(before->get("b") == "2");
  CHECK_FALSE(before->get("c"));
  CHECK(all(*s.store) == rows{{"a", "changed"}, {"c", "3"}});
}

TEST_CASE_TEMPLATE("store: every read while another thread writes is of one moment", On, CORKA_STORES) {
  subject<On> s;
  const auto generation = [](int n) {
    changes c;
    for (int i = 0; i < 50; ++i) c["k" + std::to_string(i)] = std::to_string(n);
    c[std::string(800, 'x') + std::to_string(n % 7)] = std::to_string(n);
    return c;
  };
  write(*s.store, generation(0));
  std::atomic<bool> stop{false};
  std::thread writer{[&] {
    for (int n = 1; n <= 300; ++n) write(*s.store, generation(n), at(n));
    stop = true;
  }};
  int last = 0;
  std::vector<std::string> keys{"k0", "k1", "k49"};
  do {
    std::map<std::string, std::string> found = get(*s.store, keys);
    const bool one_moment = found["k0"] == found["k1"] && found["k1"] == found["k49"];
    const auto snapshot = s.store->read();
    const int now = std::stoi(std::string{*snapshot->get("k0")});
    int differing = 0;
    snapshot->range("k", "l", false, [&](auto, std::string_view value) {
      differing += value != std::to_string(now) ? 1 : 0;
      return true;
    });
    if (!one_moment || differing != 0 || now < last) {
      CHECK(one_moment);
      CHECK(differing == 0);
      CHECK(now >= last);
      break;
    }
    last = now;
  } while (!stop);
  writer.join();
  CHECK(s.store->last_checkpoint() == at(300));
}

TEST_CASE_TEMPLATE("store: a folder is open once, and can be opened again after close", On, CORKA_STORES) {
  subject<On> s;
  CHECK_THROWS_AS(static_cast<void>(s.factory.open(s.folder / "table")), error);
  CHECK_NOTHROW(static_cast<void>(s.factory.open(s.folder / "other")));
  s.store->close();
  CHECK_NOTHROW(static_cast<void>(s.factory.open(s.folder / "table")));
}

TEST_CASE_TEMPLATE("store: after close it refuses, and close can be repeated", On, CORKA_STORES) {
  subject<On> s;
  write(*s.store, {{"a", "1"}});
  s.store->close();
  s.store->close();
  CHECK_THROWS_AS(write(*s.store, {{"b", "2"}}), error);
  CHECK_THROWS_AS(static_cast<void>(s.store->read()), error);
  CHECK_THROWS_AS(get(*s.store, {"a"}), error);
  CHECK_THROWS_AS(s.store->clear(), error);
}

TEST_CASE_TEMPLATE("store: a snapshot outlives its store", On, CORKA_STORES) {
  subject<On> s;
  write(*s.store, {{"a", "1"}});
  const auto kept = s.store->read();
  s.store->close();
  s.store.reset();
  CHECK(range(*kept) == rows{{"a", "1"}});
}

}  // namespace corka::test
