// Joined rows of visitors come a slice at a time, as those of records come with their batch.
#include "resetting.hpp"
#include "store/memory/memory_factory.hpp"

#include <corka/store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace corka {

namespace {

using namespace std::chrono_literals;
using namespace test::resetting;
using test::caught_up;
using test::visiting;
using test::world;

const table<std::string> names{"names"};

/// Counts questions, of however many keys each.
class counting_store final : public store::table_store {
 public:
  counting_store(std::unique_ptr<store::table_store> on, std::atomic<int>& asked) : on_{std::move(on)}, asked_{asked} {}

  [[nodiscard]] std::optional<store::identity> is_copy_of() const override { return on_->is_copy_of(); }
  [[nodiscard]] std::optional<store::checkpoint> last_checkpoint() const override { return on_->last_checkpoint(); }
  void apply(std::span<const store::change> changes, const store::identity& of, const store::checkpoint& at) override {
    on_->apply(changes, of, at);
  }
  void clear() override { on_->clear(); }
  void get(std::span<const std::string_view> sorted_keys,
           const std::function<void(std::size_t i, std::string_view value)>& found) const override {
    ++asked_;
    on_->get(sorted_keys, found);
  }
  [[nodiscard]] std::unique_ptr<store::snapshot> read() const override { return on_->read(); }
  [[nodiscard]] store::store_stats stats() const override { return on_->stats(); }
  void close() override { on_->close(); }

 private:
  std::unique_ptr<store::table_store> on_;
  std::atomic<int>& asked_;
};

/// Counts for copies of "names".
class counting_factory final : public store::store_factory {
 public:
  [[nodiscard]] store::opened open(const std::filesystem::path& folder) override {
    auto opened = memory_.open(folder);
    if (folder.parent_path().filename() == "names") {
      opened.store = std::make_unique<counting_store>(std::move(opened.store), asked);
    }
    return opened;
  }
  [[nodiscard]] std::string_view kind() const noexcept override { return memory_.kind(); }

  std::atomic<int> asked{0};

 private:
  store::memory::memory_factory memory_;
};

}  // namespace

TEST_SUITE("visits") {
  TEST_CASE("joined rows of visitors are fetched a slice at a time, also where several callbacks may be suspended") {
    for (const std::size_t concurrency : {1, 16}) {
      CAPTURE(concurrency);
      world w;
      w.create("orders", 1);
      w.create("names", 1, {{"cleanup.policy", "compact"}});
      constexpr int rows = 400;
      std::vector<std::pair<std::string, std::string>> users;
      for (int i = 0; i < rows; ++i) users.emplace_back("user" + std::to_string(i), "name" + std::to_string(i));
      w.write_all("names", users);
      const auto stores = std::make_shared<counting_factory>();
      test::temporary_folder folder;
      test::instance member{
          w.threads, w.cluster,
          stores,    folder.path(),
          "a",       [&w](log_level, std::string_view, std::string_view text) { w.log.emplace_back(text); }};

      group<std::string> g{"g"};
      const auto keep = [](context<std::string>& ctx, std::string) -> task<> {
        ctx.set("nameless");
        co_return;
      };
      g.input(orders, keep, {.concurrency = concurrency}).join(names);
      g.visitor<int>("name", [](context<std::string>& ctx, int) { ctx.set(ctx.join(names).value_or("?")); });
      processor p{g, {.cache_bytes = 1}};  // nothing is left of what the records fetched
      const auto run = w.start(p, member);
      w.write_all("orders", users);
      REQUIRE_MESSAGE(w.until([&] { return caught_up(w, p); }), test::story(w, p));

      stores->asked = 0;
      const visiting visit{w, p, "name", 0, {.rows_per_slice = 100}};
      REQUIRE(w.until([&] { return visit.ended(); }));
      CHECK(visit.result().rows == rows);
      for (int i = 0; i < rows; ++i) CHECK(w.row(p, "user" + std::to_string(i)) == "name" + std::to_string(i));
      // A slice may be shorter than its number of rows, as it is bounded in time as well.
      CHECK(stores->asked >= rows / 100);
      CHECK(stores->asked < rows / 4);
      w.stop(p, run);
      CHECK(run.failure().empty());
    }
  }
}

}  // namespace corka
