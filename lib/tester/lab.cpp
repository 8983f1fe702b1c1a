#include "tester/lab.hpp"

#include "processor/runtime_core.hpp"
#include "store/state_directory.hpp"
#include "tester/observed_cluster.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace corka::tester_parts {

namespace {

logger logger_for(story& told, const std::string& who, const std::string& component) {
  auto sink = [&told, who](log_level level, std::string_view from, std::string_view message) {
    const char* const mark = level >= log_level::error ? "error: " : level == log_level::warn ? "warning: " : "";
    told.tell(who, fmt::format("{}: {}{}", from, mark, message));
  };
  return {std::make_shared<const log_sink>(std::move(sink)), log_level::info, component};
}

}  // namespace

lab::lab(lab_options options) : options_{std::move(options)}, told_{time_, options_.story_lines} {
  if (options_.by) {
    time_.set_lateness([by = options_.by]() -> clock::duration {
      return by->one_in(4) ? by->up_to(std::chrono::milliseconds{5}) : clock::duration::zero();
    });
  }
  kafka::embedded::broker_options with;
  with.seed = options_.seed;
  with.faults = options_.broker_faults;
  if (options_.broker_disk) {
    with.files = options_.broker_disk;
    with.directory = "/broker";
    with.fsync = options_.broker_fsync;
    with.segment_bytes = 64U << 10U;
  }
  with.log = logger_for(told_, "broker", "broker");
  broker_ = kafka::embedded::broker::open(outside_, std::move(with));
}

lab::~lab() {
  for (auto& [name, i] : instances_) i->now.reset();
  dying_.clear();
  broker_.reset();
  outside_.drop_all();
}

// Driving.

bool lab::step_of(async::virtual_thread& thread) {
  struct within {
    bool& flag;
    bool before;
    explicit within(bool& f) : flag{f}, before{std::exchange(f, true)} {}
    ~within() { flag = before; }
  } const now{stepping_};
  return thread.step();
}

bool lab::step_by_dice() {
  turns_.assign(1, &outside_);
  for (const auto& [name, i] : instances_) {
    if (i->now) turns_.push_back(&i->now->threads());
  }
  for (auto left = turns_.size(); left > 0; --left) {
    std::swap(turns_[options_.by->below(left)], turns_[left - 1]);
    if (!step_of(*turns_[left - 1])) continue;
    bury();
    return true;
  }
  return false;
}

bool lab::step() {
  if (options_.by) return step_by_dice();
  // Every loop has its turn: the broker's machine first, then the instances in the order of their names.
  const auto loops = instances_.size() + 1;
  for (std::size_t tried = 0; tried < loops; ++tried) {
    const auto who = turn_++ % loops;
    async::virtual_thread* thread = &outside_;
    if (who > 0) {
      const auto& now = std::next(instances_.begin(), static_cast<std::ptrdiff_t>(who) - 1)->second->now;
      if (!now) continue;
      thread = &now->threads();
    }
    const bool ran = step_of(*thread);
    bury();
    if (ran) return true;
  }
  return false;
}

void lab::drain() {
  while (step()) {}
}

bool lab::leap(clock::time_point limit) {
  drain();
  const bool rang = time_.advance_to_next(limit);
  drain();
  return rang;
}

void lab::advance(clock::duration d) {
  const auto end = time_.now() + d;
  while (leap(end)) {}
}

bool lab::until(const std::function<bool()>& done, clock::duration limit) {
  const auto end = time_.now() + limit;
  drain();
  while (!done()) {
    if (!leap(end)) return done();
  }
  return true;
}

void lab::await_end(instance& on, task<> t, clock::duration limit) {
  if (!on.now) throw error{errc::stopped, fmt::format("instance '{}' does not run: start it", on.name)};
  struct outcome {
    bool ended = false;
    boost::asio::cancellation_signal cancel;
  };
  const auto out = std::make_shared<outcome>();
  boost::asio::co_spawn(
      on.now->threads().executor(), std::move(t),
      boost::asio::bind_cancellation_slot(out->cancel.slot(), [out](const std::exception_ptr&) { out->ended = true; }));
  const auto* const in = on.now.get();
  until([&] { return out->ended || on.now.get() != in; }, limit);
  if (out->ended) return;
  if (on.now.get() != in) throw error{errc::stopped, fmt::format("instance '{}' ended meanwhile", on.name)};
  out->cancel.emit(boost::asio::cancellation_type::terminal);
  drain();
  throw error{errc::timed_out, fmt::format("what is awaited on instance '{}' has not ended within {} s of virtual time",
                                           on.name, std::chrono::duration_cast<std::chrono::seconds>(limit).count())};
}

// Instances.

instance& lab::at(const std::string& name) {
  auto& made = instances_[name];
  if (!made) {
    made = std::make_unique<instance>();
    made->name = name;
    made->stores = std::make_shared<kept_copies>(options_.kept);
    made->folder = folder_.path() / store::safe_file_name(name);
  }
  return *made;
}

void lab::start(instance& i) {
  if (i.now) throw error{errc::invalid_option, fmt::format("instance '{}' runs already", i.name)};
  told_.tell(i.name, "starts");
  auto threads = std::make_shared<async::virtual_thread>(
      time_, async::virtual_thread_options{.workers = options_.workers, .by = options_.by.get()});
  auto by = std::make_shared<uplink>(i.name, broker_, told_, faults_);
  by->connected = !i.cut;
  auto core = std::make_shared<runtime_core>();
  core->threads = threads;
  core->cluster = observed_cluster(by);
  core->stores = i.stores;
  if (options_.stores_around) core->stores = options_.stores_around(core->stores, i.name);
  core->state_dir = i.folder;
  core->embedded = true;
  core->log = logger_for(told_, i.name, i.name);
  i.now = std::make_unique<life>(std::move(threads), std::move(by), std::move(core));
  for (const auto& make : i.runs) i.now->run(make());
}

std::unique_ptr<life> lab::stop(instance& i, clock::duration limit) {
  if (!i.now) return nullptr;
  told_.tell(i.name, "is asked to stop");
  const auto* const in = i.now.get();
  i.now->stop();
  const bool in_time = until([&] { return i.now.get() != in || in->ended(); }, limit);
  if (!in_time) {
    throw error{errc::timed_out, fmt::format("instance '{}' has not stopped within {} s of virtual time", i.name,
                                             std::chrono::duration_cast<std::chrono::seconds>(limit).count())};
  }
  if (i.now.get() != in) return nullptr;
  told_.tell(i.name, "has stopped");
  graves_.push_back(i.now->shared_threads());
  return std::move(i.now);
}

void lab::kill(instance& i) {
  if (!i.now) return;
  told_.tell(i.name, "is killed");
  i.now->doom();
  dying_.push_back(std::move(i.now));
  bury();
}

void lab::bury() {
  if (stepping_ || dying_.empty()) return;
  for (auto& one : std::exchange(dying_, {})) {
    graves_.push_back(one->shared_threads());
    one.reset();
  }
}

void lab::connect(instance& i, bool up) {
  i.cut = !up;
  told_.tell(i.name, up ? "is connected again" : "has its connections broken");
  if (i.now) i.now->by().connect(up);
}

void lab::set_reachable(bool reachable) {
  reachable_ = reachable;
  told_.tell("broker", reachable ? "is back" : "goes away");
  broker_->set_reachable(reachable);
}

std::size_t lab::in_flight() const noexcept {
  std::size_t all = 0;
  for (const auto& [name, i] : instances_) {
    if (i->now && !i->cut) all += i->now->by().in_flight;
  }
  return all;
}

}  // namespace corka::tester_parts
