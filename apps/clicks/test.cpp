// Tests of clicks, which is one file: it is included, its main under another name.
#define main clicks_main
#include "main.cpp"
#undef main

#include <doctest/doctest.h>
#include <corka/tester.hpp>

TEST_CASE("a user's thousandth click is reported, also after a crash") {
  corka::tester t;
  INFO(t);  // what happened, if a check fails
  t.add(clickers());
  for (int i = 0; i < 999; ++i) t.emit(clicks, "anna", click{"/"});
  t.settle();
  t.instance("a").kill();
  t.instance("a").start();
  t.emit(clicks, "anna", click{"/"});
  t.settle();
  CHECK(t.table(clickers())["anna"] == 1000);
  CHECK(t.track(alerts).next()->value->clicks == 1000);
}
