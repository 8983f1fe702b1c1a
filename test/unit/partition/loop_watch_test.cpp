#include "partition/loop_watch.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

namespace corka::partition {

TEST_SUITE("loop watch") {
  TEST_CASE("each level is reported once, and again after the loop has recovered") {
    using std::chrono::minutes;
    using level = loop_watch::level;
    constexpr std::optional<level> quiet;
    struct step {
      std::optional<minutes> age;
      std::optional<level> reported;
    };
    const std::vector<step> steps{
        {std::nullopt, quiet},         {minutes{74}, quiet}, {minutes{75}, level::close},   {minutes{90}, quiet},
        {minutes{70}, quiet},          {minutes{80}, quiet}, {minutes{100}, level::losing}, {minutes{200}, quiet},
        {minutes{80}, quiet},          {minutes{49}, quiet}, {minutes{80}, level::close},   {std::nullopt, quiet},
        {minutes{150}, level::losing},
    };
    loop_watch watch{minutes{100}};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      CAPTURE(i);
      CHECK(watch.look(steps[i].age) == steps[i].reported);
    }
  }
}

}  // namespace corka::partition
