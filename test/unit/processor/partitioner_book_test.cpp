#include "processor/partitioner_book.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

namespace corka {

namespace {

struct shelf {
  std::shared_ptr<partitioner_book> book = std::make_shared<partitioner_book>();
  /// Empty: it was written.
  std::string refusal(const std::string& topic, const partitioner& by) const {
    try {
      const partitioner_book::entry written{book, topic_name{topic}, by, "it"};
    } catch (const error& e) { return e.what(); }
    return {};
  }
};

}  // namespace

TEST_CASE("partitioner book: a topic has one function for as long as anybody uses it") {
  const shelf s;
  std::optional<partitioner_book::entry> first;
  first.emplace(s.book, topic_name{"clicks"}, partitioner::murmur2, "the first");
  CHECK(s.refusal("clicks", partitioner::murmur2).empty());
  CHECK(s.refusal("views", partitioner::fnv1a).empty());
  CHECK(s.refusal("clicks", partitioner::fnv1a) ==
        "it partitions topic 'clicks' by fnv1a, and the first, which runs already, by murmur2: a key would be in two "
        "partitions; give both handles of the topic the same partitioner");
  std::optional<partitioner_book::entry> second;
  second.emplace(s.book, topic_name{"clicks"}, partitioner::murmur2, "the second");
  first.reset();
  CHECK_FALSE(s.refusal("clicks", partitioner::fnv1a).empty());
  second.reset();
  CHECK(s.refusal("clicks", partitioner::fnv1a).empty());
}

TEST_CASE("partitioner book: who is refused leaves nothing written") {
  const shelf s;
  const partitioner_book::entry one{s.book, topic_name{"clicks"}, partitioner::murmur2, "one"};
  const partitioner_book::topics both{{topic_name{"aside"}, partitioner::murmur2},
                                      {topic_name{"clicks"}, partitioner::fnv1a}};
  CHECK_THROWS_AS((partitioner_book::entry{s.book, both, "both"}), error);
  CHECK(s.refusal("aside", partitioner::fnv1a).empty());
}

}  // namespace corka
