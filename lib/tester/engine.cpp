#include "tester/engine.hpp"

#include "tester/unfinished.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace corka::tester_parts {

namespace {

lab_options options_of(const tester_options& options) {
  const auto refuse = [](const std::string& what) { throw error{errc::invalid_option, "tester_options: " + what}; };
  if (options.store != "memory" && options.store != "lmdb")
    refuse(fmt::format("there is no store '{}': use memory or lmdb", options.store));
  if (options.partitions < 1 || options.partitions > 10'000)
    refuse(fmt::format("partitions is {}: 1 to 10000 is possible", options.partitions));
  if (options.story_lines < 1 || options.story_lines > 1'000'000)
    refuse(fmt::format("story_lines is {}: 1 to 1000000 is possible", options.story_lines));
  return {.kept = options.store == "lmdb" ? copies::lmdb : copies::memory, .story_lines = options.story_lines};
}

std::string name_of(const service& s) {
  if (const auto* p = dynamic_cast<const processor*>(&s))
    return fmt::format("the processor of group '{}'", p->declared().name.str());
  if (const auto* v = dynamic_cast<const detail::basic_view*>(&s)) return fmt::format("view '{}'", v->status().name);
  return "a service";
}

}  // namespace

engine::engine(tester_options options)
    : options_{std::move(options)}, lab_{options_of(options_)}, board_{lab_, options_.partitions} {}

void engine::fail(const std::string& message) const {
  throw tester_failure{fmt::format("{}\n\nwhat happened:\n{}", message, lab_.told().text())};
}

// Programs and instances.

const std::vector<std::size_t>& engine::program_of(const std::string& name) const {
  const auto own = own_.find(name);
  return own == own_.end() ? shared_ : own->second;
}

std::size_t engine::add(const std::string& to, making make) {
  const auto number = services_.size();
  services_.push_back(make);
  if (to.empty()) {
    shared_.push_back(number);
    for (const auto& [name, i] : lab_.instances()) {
      if (i->now && !own_.contains(name)) i->now->run(make());
    }
    return number;
  }
  auto& i = lab_.at(to);
  if (i.now && !own_.contains(to)) own_[to] = shared_;
  else if (!i.now && !own_.contains(to)) waiting_.push_back(to);
  own_[to].push_back(number);
  if (i.now) i.now->run(make());
  return number;
}

service& engine::find(std::size_t number, const std::string& on) {
  for (const auto& [name, i] : lab_.instances()) {
    if (!i->now || (!on.empty() && name != on)) continue;
    const auto& program = program_of(name);
    const auto at = std::ranges::find(program, number);
    if (at != program.end()) return *i->now->services()[static_cast<std::size_t>(at - program.begin())]->what;
  }
  fail(on.empty() ? std::string{"no instance runs this service: settle(), or start one"}
                  : fmt::format("instance '{}' does not run this service: start it", on));
}

void engine::start(const std::string& name) {
  auto& i = resting(name);
  const auto& program = program_of(name);
  if (program.empty()) fail(fmt::format("instance '{}' has nothing to run: add a group, a view or an emitter", name));
  shared_started_ = shared_started_ || !own_.contains(name);
  std::erase(waiting_, name);
  i.runs.clear();
  for (const auto number : program) i.runs.push_back(services_[number]);
  lab_.start(i);
}

void engine::start_what_waits() {
  for (const auto& name : std::vector<std::string>{waiting_}) start(name);
  if (!shared_started_ && !shared_.empty()) start("a");
}

void engine::stop(const std::string& name) {
  auto& i = running(name);
  std::vector<std::string> failures;
  try {
    if (const auto over = lab_.stop(i, options_.settle_limit)) take_failures(name, *over, failures);
  } catch (const error& e) { fail(e.what()); }
  if (!failures.empty()) fail(fmt::format("{}", fmt::join(failures, "\n")));
}

void engine::kill(const std::string& name) { lab_.kill(running(name)); }

void engine::connect(const std::string& name, bool up) { lab_.connect(lab_.at(name), up); }

void engine::expire_sessions(const std::string& name) {
  auto& life = *running(name).now;
  lab_.told().tell(name, "has its sessions expired");
  for (const auto& s : life.services()) {
    const auto* p = dynamic_cast<const processor*>(s->what.get());
    if (p == nullptr) continue;
    for (const auto& client : life.by().clients) lab_.broker().expire(p->declared().name, client);
  }
}

void engine::lose_copies(const std::string& name) {
  resting(name).stores->lose();
  lab_.told().tell(name, "loses its local copies");
}

void engine::corrupt_copies(const std::string& name) {
  resting(name).stores->corrupt();
  lab_.told().tell(name, "has its local copies damaged");
}

instance& engine::running(const std::string& name) {
  auto& i = lab_.at(name);
  if (!i.now) fail(fmt::format("instance '{}' does not run: start it, or settle() first", name));
  return i;
}

instance& engine::resting(const std::string& name) {
  auto& i = lab_.at(name);
  if (i.now) fail(fmt::format("instance '{}' runs: stop or kill it first", name));
  return i;
}

void engine::run(const std::string& on, task<> t) {
  start_what_waits();
  if (!on.empty()) return lab_.run(running(on), std::move(t));
  for (const auto& [name, i] : lab_.instances()) {
    if (i->now) return lab_.run(*i, std::move(t));
  }
  fail("no instance runs: add something to the program");
}

// Topics.

const std::string* engine::holder_of(const topic_name& table) const {
  for (const auto& [name, i] : lab_.instances()) {
    if (!i->now) continue;
    for (const auto& s : i->now->services()) {
      const auto* p = dynamic_cast<const processor*>(s->what.get());
      if (p != nullptr && !s->ended && p->declared().table && p->declared().table->topic == table) return &name;
    }
  }
  return nullptr;
}

record_position engine::emit(const topic_name& topic, partitioner by, bool to_table, std::string_view key,
                             std::optional<std::string_view> value, const emit_options& options) {
  board_.need_topic(topic, to_table);
  if (const auto* holder = holder_of(topic)) {
    fail(
        fmt::format("table '{}' is written by its group, which runs on instance '{}': set rows before it starts, or "
                    "while it is stopped",
                    topic.str(), *holder));
  }
  return board_.append(topic, by, key, value, options);
}

void engine::fail_deliveries(const topic_name& topic, std::size_t n, std::error_code why) {
  lab_.told().tell("test", fmt::format("lets the next {} deliveries to {} fail: {}", n, topic.str(), why.message()));
  lab_.faults().fail_next(topic, n, why);
}

// Time.

std::chrono::system_clock::time_point engine::now() const {
  return std::chrono::system_clock::time_point{std::chrono::milliseconds{lab_.wall_ms()}};
}

void engine::advance(std::chrono::nanoseconds d) {
  start_what_waits();
  lab_.told().tell("test",
                   fmt::format("advances {} ms", std::chrono::duration_cast<std::chrono::milliseconds>(d).count()));
  lab_.advance(d);
}

bool engine::any_failure() const {
  return std::ranges::any_of(lab_.instances(), [](const auto& at) {
    return at.second->now &&
           std::ranges::any_of(at.second->now->services(), [](const auto& s) { return s->failure && !s->told; });
  });
}

void engine::take_failures(const std::string& name, const life& of, std::vector<std::string>& into) {
  for (const auto& s : of.services()) {
    if (s->failure && !std::exchange(s->told, true))
      into.push_back(fmt::format("{} on instance '{}' has failed: {}", name_of(*s->what), name, s->why));
  }
}

void engine::report_failures() {
  std::vector<std::string> failures;
  for (const auto& [name, i] : lab_.instances()) {
    if (i->now) take_failures(name, *i->now, failures);
  }
  if (!failures.empty()) fail(fmt::format("{}", fmt::join(failures, "\n")));
}

void engine::settle() {
  start_what_waits();
  if (const auto why = why_in_vain(lab_); !why.empty()) fail("settle: " + why);
  lab_.told().tell("test", "settles");
  const bool settled = lab_.until([&] { return any_failure() || unfinished(lab_).empty(); }, options_.settle_limit);
  report_failures();
  if (settled) return;
  fail(fmt::format("settle: this is not finished after {} s of virtual time:\n  - {}",
                   std::chrono::duration_cast<std::chrono::seconds>(options_.settle_limit).count(),
                   fmt::join(unfinished(lab_), "\n  - ")));
}

}  // namespace corka::tester_parts
