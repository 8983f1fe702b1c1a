// Stores against std::map while their processes are killed, for good, at moments that nobody chose.
#include "random_rows.hpp"
#include "subject.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace corka::test {

namespace {

constexpr std::int64_t steps = 120;

/// What is done to a store, step by step, by seed alone: whoever tells it again tells the same.
class life_of_a_store {
 public:
  explicit life_of_a_store(unsigned seed) : random_{seed} {}

  /// The next step, done to the model and, if there is one, to a store.
  template <class On>
  void step(subject<On>* s) {
    ++done_;
    const auto dice = random_.below(20);
    if (dice == 0) {
      const bool closes = random_.below(2) == 0;
      if (s != nullptr) s->reopen(closes);
    } else if (dice == 1) {
      rows_.clear();
      reached_.reset();
      if (s != nullptr) s->store->clear();
    } else {
      auto c = random_.batch(rows_);
      // Values as long as they come.
      if (dice == 2) c["large"] = std::string(1U << 20U, static_cast<char>('a' + done_ % 26));
      for (const auto& [key, value] : c) {
        if (value) rows_[key] = *value;
        else rows_.erase(key);
      }
      reached_ = done_;
      if (s != nullptr) write(*s->store, c, at(done_));
    }
  }
  [[nodiscard]] std::int64_t done() const { return done_; }
  /// Whether a store is as it has to be now.
  [[nodiscard]] bool is_like(const store::table_store& s) const {
    const auto last = s.last_checkpoint();
    return last.has_value() == reached_.has_value() && (!last || last == at(*reached_)) &&
           all(s) == rows{rows_.begin(), rows_.end()};
  }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

 private:
  random_rows random_;
  model rows_;
  std::int64_t done_ = 0;
  std::optional<std::int64_t> reached_;  ///< by the last step that wrote
};

/// A step is begun, or done.
struct report {
  std::int64_t step;
  bool done;
};

/// Lives on from a step; tells a pipe of each one.
template <class On>
[[noreturn]] void live(subject<On>& s, unsigned seed, std::int64_t from, int pipe, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const auto tell = [pipe](report r) {
    if (::write(pipe, &r, sizeof r) != static_cast<ssize_t>(sizeof r)) ::_exit(1);
  };
  life_of_a_store life{seed};
  while (life.done() < from) life.step<On>(nullptr);
  s.open();
  while (life.done() < steps) {
    tell({life.done() + 1, false});
    life.step(&s);
    tell({life.done(), true});
  }
  ::_exit(0);
}

/// Lets a child live on from a step, and kills it some time after its `after`-th one; the last step that it began, and
/// the last one that it ended.
template <class On>
std::pair<std::int64_t, std::int64_t> live_and_die(subject<On>& s, unsigned seed, std::int64_t from, std::size_t after,
                                                   std::size_t idle) {
  int told[2]{};
  REQUIRE(::pipe(told) == 0);
  const auto parent = ::getpid();
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(told[0]);
    live(s, seed, from, told[1], parent);
  }
  ::close(told[1]);
  auto begun = from;
  auto done = from;
  report r{};
  std::size_t heard = 0;
  while (::read(told[0], &r, sizeof r) == static_cast<ssize_t>(sizeof r)) {
    (r.done ? done : begun) = r.step;
    if (!r.done || ++heard != after) continue;
    for (volatile std::size_t n = 0; n < idle; n = n + 1) {}
    ::kill(child, SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(told[0]);
  REQUIRE((WIFSIGNALED(status) || done == steps));
  return {begun, done};
}

}  // namespace

// Not of those in memory, which die with their process.
TEST_CASE_TEMPLATE("store: killed at any moment, time and again, it is as after the last step or the one under way", On,
                   on_lmdb, on_small_lmdb, on_file) {
  int killed = 0;
  int in_a_step = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    random_rows chance{seed + 1000};
    subject<On> s;
    s.store.reset();
    std::int64_t from = 0;
    while (from < steps) {
      CAPTURE(from);
      const auto [begun, done] = live_and_die(s, seed, from, 1 + chance.below(8), chance.below(400'000));
      s.open();
      life_of_a_store life{seed};
      while (life.done() < done) life.step<On>(nullptr);
      const bool had_rows = !life.empty();
      bool is_like = life.is_like(*s.store);
      if (begun > done) {
        ++in_a_step;
        if (!is_like) {
          life.step<On>(nullptr);
          is_like = life.is_like(*s.store);
        }
      }
      CHECK(is_like);
      if (!std::is_same_v<On, on_file> && had_rows && !life.empty()) CHECK(s.why_dropped == "");
      from = life.done();
      killed += from < steps ? 1 : 0;
      s.store.reset();
      if (!is_like) break;
    }
  }
  CHECK(killed > 20);
  CHECK(in_a_step > 5);
}

}  // namespace corka::test
