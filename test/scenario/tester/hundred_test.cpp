// A hundred small tests, as users write them: each has a tester of its own, and all together take less than a second.
#include <corka/corka.hpp>
#include <corka/tester.hpp>

#include <doctest/doctest.h>

#include <string>

namespace corka {

namespace {

const stream<std::int64_t> numbers{"numbers"};
const stream<std::int64_t> large{"large"};

group<std::int64_t> adding() {
  group<std::int64_t> g{"adding"};
  g.input(numbers, [](context<std::int64_t>& ctx, std::int64_t n) {
     ctx.set(ctx.value().value_or(0) + n);
     if (n >= 100) ctx.emit(large, ctx.key(), n);
   }).output(large);
  return g;
}

/// One of them: `n` records, of which the last is `last`.
void adds_up(std::int64_t n, std::int64_t last) {
  const auto g = adding();
  tester t;
  INFO(t);
  t.add(g);
  for (std::int64_t i = 1; i < n; ++i) t.emit(numbers, "sum", i);
  t.emit(numbers, "sum", last);
  t.settle();
  CHECK(t.table(g)["sum"] == n * (n - 1) / 2 + last);
  CHECK(t.track(large).all().size() == (last >= 100 ? 1U : 0U));
}

}  // namespace

TEST_SUITE("tester: a hundred") {
  TEST_CASE("1 numbers add up") { adds_up(1, 3); }
  TEST_CASE("2 numbers add up") { adds_up(2, 6); }
  TEST_CASE("3 numbers add up") { adds_up(3, 9); }
  TEST_CASE("4 numbers add up") { adds_up(4, 12); }
  TEST_CASE("5 numbers add up") { adds_up(5, 15); }
  TEST_CASE("6 numbers add up") { adds_up(6, 18); }
  TEST_CASE("7 numbers add up") { adds_up(7, 21); }
  TEST_CASE("8 numbers add up") { adds_up(8, 24); }
  TEST_CASE("9 numbers add up") { adds_up(9, 27); }
  TEST_CASE("10 numbers add up") { adds_up(10, 30); }
  TEST_CASE("11 numbers add up") { adds_up(11, 33); }
  TEST_CASE("12 numbers add up") { adds_up(12, 36); }
  TEST_CASE("13 numbers add up") { adds_up(13, 39); }
  TEST_CASE("14 numbers add up") { adds_up(14, 42); }
  TEST_CASE("15 numbers add up") { adds_up(15, 45); }
  TEST_CASE("16 numbers add up") { adds_up(16, 48); }
  TEST_CASE("17 numbers add up") { adds_up(17, 51); }
  TEST_CASE("18 numbers add up") { adds_up(18, 54); }
  TEST_CASE("19 numbers add up") { adds_up(19, 57); }
  TEST_CASE("20 numbers add up") { adds_up(20, 60); }
  TEST_CASE("21 numbers add up") { adds_up(21, 63); }
  TEST_CASE("22 numbers add up") { adds_up(22, 66); }
  TEST_CASE("23 numbers add up") { adds_up(23, 69); }
  TEST_CASE("24 numbers add up") { adds_up(24, 72); }
  TEST_CASE("25 numbers add up") { adds_up(25, 75); }
  TEST_CASE("26 numbers add up") { adds_up(26, 78); }
  TEST_CASE("27 numbers add up") { adds_up(27, 81); }
  TEST_CASE("28 numbers add up") { adds_up(28, 84); }
  TEST_CASE("29 numbers add up") { adds_up(29, 87); }
  TEST_CASE("30 numbers add up") { adds_up(30, 90); }
  TEST_CASE("31 numbers add up") { adds_up(31, 93); }
  TEST_CASE("32 numbers add up") { adds_up(32, 96); }
  TEST_CASE("33 numbers add up") { adds_up(33, 99); }
  TEST_CASE("34 numbers add up") { adds_up(34, 102); }
  TEST_CASE("35 numbers add up") { adds_up(35, 105); }
  TEST_CASE("36 numbers add up") { adds_up(36, 108); }
  TEST_CASE("37 numbers add up") { adds_up(37, 111); }
  TEST_CASE("38 numbers add up") { adds_up(38, 114); }
  TEST_CASE("39 numbers add up") { adds_up(39, 117); }
  TEST_CASE("40 numbers add up") { adds_up(40, 120); }
  TEST_CASE("41 numbers add up") { adds_up(41, 123); }
  TEST_CASE("42 numbers add up") { adds_up(42, 126); }
  TEST_CASE("43 numbers add up") { adds_up(43, 129); }
  TEST_CASE("44 numbers add up") { adds_up(44, 132); }
  TEST_CASE("45 numbers add up") { adds_up(45, 135); }
  TEST_CASE("46 numbers add up") { adds_up(46, 138); }
  TEST_CASE("47 numbers add up") { adds_up(47, 141); }
  TEST_CASE("48 numbers add up") { adds_up(48, 144); }
  TEST_CASE("49 numbers add up") { adds_up(49, 147); }
  TEST_CASE("50 numbers add up") { adds_up(50, 150); }
  TEST_CASE("51 numbers add up") { adds_up(51, 153); }
  TEST_CASE("52 numbers add up") { adds_up(52, 156); }
  TEST_CASE("53 numbers add up") { adds_up(53, 159); }
  TEST_CASE("54 numbers add up") { adds_up(54, 162); }
  TEST_CASE("55 numbers add up") { adds_up(55, 165); }
  TEST_CASE("56 numbers add up") { adds_up(56, 168); }
  TEST_CASE("57 numbers add up") { adds_up(57, 171); }
  TEST_CASE("58 numbers add up") { adds_up(58, 174); }
  TEST_CASE("59 numbers add up") { adds_up(59, 177); }
  TEST_CASE("60 numbers add up") { adds_up(60, 180); }
  TEST_CASE("61 numbers add up") { adds_up(61, 183); }
  TEST_CASE("62 numbers add up") { adds_up(62, 186); }
  TEST_CASE("63 numbers add up") { adds_up(63, 189); }
  TEST_CASE("64 numbers add up") { adds_up(64, 192); }
  TEST_CASE("65 numbers add up") { adds_up(65, 195); }
  TEST_CASE("66 numbers add up") { adds_up(66, 198); }
  TEST_CASE("67 numbers add up") { adds_up(67, 201); }
  TEST_CASE("68 numbers add up") { adds_up(68, 204); }
  TEST_CASE("69 numbers add up") { adds_up(69, 207); }
  TEST_CASE("70 numbers add up") { adds_up(70, 210); }
  TEST_CASE("71 numbers add up") { adds_up(71, 213); }
  TEST_CASE("72 numbers add up") { adds_up(72, 216); }
  TEST_CASE("73 numbers add up") { adds_up(73, 219); }
  TEST_CASE("74 numbers add up") { adds_up(74, 222); }
  TEST_CASE("75 numbers add up") { adds_up(75, 225); }
  TEST_CASE("76 numbers add up") { adds_up(76, 228); }
  TEST_CASE("77 numbers add up") { adds_up(77, 231); }
  TEST_CASE("78 numbers add up") { adds_up(78, 234); }
  TEST_CASE("79 numbers add up") { adds_up(79, 237); }
  TEST_CASE("80 numbers add up") { adds_up(80, 240); }
  TEST_CASE("81 numbers add up") { adds_up(81, 243); }
  TEST_CASE("82 numbers add up") { adds_up(82, 246); }
  TEST_CASE("83 numbers add up") { adds_up(83, 249); }
  TEST_CASE("84 numbers add up") { adds_up(84, 252); }
  TEST_CASE("85 numbers add up") { adds_up(85, 255); }
  TEST_CASE("86 numbers add up") { adds_up(86, 258); }
  TEST_CASE("87 numbers add up") { adds_up(87, 261); }
  TEST_CASE("88 numbers add up") { adds_up(88, 264); }
  TEST_CASE("89 numbers add up") { adds_up(89, 267); }
  TEST_CASE("90 numbers add up") { adds_up(90, 270); }
  TEST_CASE("91 numbers add up") { adds_up(91, 273); }
  TEST_CASE("92 numbers add up") { adds_up(92, 276); }
  TEST_CASE("93 numbers add up") { adds_up(93, 279); }
  TEST_CASE("94 numbers add up") { adds_up(94, 282); }
  TEST_CASE("95 numbers add up") { adds_up(95, 285); }
  TEST_CASE("96 numbers add up") { adds_up(96, 288); }
  TEST_CASE("97 numbers add up") { adds_up(97, 291); }
  TEST_CASE("98 numbers add up") { adds_up(98, 294); }
  TEST_CASE("99 numbers add up") { adds_up(99, 297); }
  TEST_CASE("100 numbers add up") { adds_up(100, 300); }
}

}  // namespace corka
