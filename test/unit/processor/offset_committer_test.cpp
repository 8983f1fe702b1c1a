#include "processor/offset_committer.hpp"

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "async/virtual_execution.hpp"

#include <doctest/doctest.h>
#include <corka/error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace corka::processor_parts {

namespace {

using namespace std::chrono_literals;

const topic_partition clicks_3{topic_name{"clicks"}, partition_id{3}};

/// Answers the commits as it is told to, and those beyond never, as librdkafka does while the coordinator is gone.
class silent_member final : public kafka::member {
 public:
  explicit silent_member(executor control) : never_{std::move(control)} {}

  [[nodiscard]] task<kafka::member_event> next() override {
    co_await never_.wait();
    throw error{errc::stopped, "nothing comes"};
  }
  [[nodiscard]] std::string id() const override { return "m"; }
  [[nodiscard]] task<std::vector<std::optional<offset>>> committed(std::vector<topic_partition> of) override {
    co_return std::vector<std::optional<offset>>(of.size());
  }
  void accept(const kafka::assigned&, const std::vector<kafka::position>&) override {}
  void release(const std::vector<partition_id>&) override {}
  [[nodiscard]] task<std::error_code> commit(std::vector<kafka::position> what) override {
    struct counted {
      explicit counted(int& n) : of{n} { ++of; }
      counted(const counted&) = delete;
      counted& operator=(const counted&) = delete;
      ~counted() { --of; }
      int& of;
    } const while_open{under_way};
    ++commits;
    last = std::move(what);
    if (answers.empty()) co_await never_.wait();
    const auto first = answers.front();
    answers.erase(answers.begin());
    co_return first;
  }
  [[nodiscard]] task<> close(clock::time_point) override { co_return; }
  [[nodiscard]] std::unique_ptr<kafka::record_source> open(const topic_partition&, offset,
                                                           async::signal::notifier) override {
    return nullptr;
  }

  std::vector<std::error_code> answers;
  int commits = 0;
  int under_way = 0;
  std::vector<kafka::position> last{};

 private:
  async::event never_;
};

/// A committer with something to commit.
struct world {
  world() {
    committer.assigned({clicks_3, offset{5}});
    committer.publish({{clicks_3, offset{9}}});
  }
  clock::duration commit_within(clock::duration most) {
    const auto began = on.time().now();
    on.run(committer.commit_until(member, {clicks_3.partition}, began + most));
    return on.time().now() - began;
  }

  async::virtual_execution on;
  silent_member member{on.executor()};
  int committed = 0;
  /// What happens when the topics are looked at.
  std::function<void()> looks = [] {};
  int looked = 0;
  offset_committer committer{on.executor(), on.time(), logger{}, [this](const auto&) { ++committed; },
                             [this]() -> task<> {
                               ++looked;
                               looks();
                               co_return;
                             }};
};

}  // namespace

TEST_SUITE("offset committer") {
  TEST_CASE("a last commit that nobody answers is dropped at the deadline") {
    world w;
    CHECK(w.commit_within(10s) == 10s);
    CHECK(w.member.commits == 1);
    CHECK(w.member.under_way == 0);
    CHECK(w.committed == 0);
  }

  TEST_CASE("a last commit that failed is sent again, and ends the wait once it is answered") {
    world w;
    w.member.answers = {make_error_code(errc::broker_unavailable), std::error_code{}};
    CHECK(w.commit_within(10s) < 10s);
    CHECK(w.member.commits == 2);
    CHECK(w.committed == 1);
  }

  TEST_CASE("after the deadline no last commit is begun") {
    world w;
    CHECK(w.commit_within(0s) == 0s);
    CHECK(w.member.commits == 0);
  }

  TEST_CASE("positions that stand still are committed again each hour, once the topics were looked at") {
    world w;
    w.member.answers.assign(10, std::error_code{});
    w.committer.start(w.member);
    w.on.advance(1s);
    REQUIRE(w.committed == 1);
    w.on.advance(1h);
    CHECK(w.looked == 1);
    CHECK(w.member.commits == 2);
    CHECK(w.member.last == std::vector<kafka::position>{{clicks_3, offset{9}}});
    // Nobody can be asked: it is left for the next hour.
    w.looks = [] { throw error{errc::broker_unavailable, "no broker"}; };
    w.on.advance(1h);
    CHECK(w.looked == 2);
    CHECK(w.member.commits == 2);
    // The topic is another by now.
    w.looks = [&w] { w.committer.dropped(clicks_3.topic); };
    w.on.advance(1h);
    CHECK(w.looked == 3);
    CHECK(w.member.commits == 2);
    w.on.run(w.committer.stop());
  }

  TEST_CASE("who waits for the last commit and is cancelled ends at once") {
    world w;
    async::task_group waiting{w.on.executor()};
    waiting.spawn(w.committer.commit_until(w.member, {clicks_3.partition}, w.on.time().now() + 10s));
    w.on.settle();
    REQUIRE(w.member.under_way == 1);
    waiting.cancel();
    w.on.settle();
    CHECK(waiting.running() == 0);
    CHECK(w.member.under_way == 0);
  }
}

}  // namespace corka::processor_parts
