#include <corka/simulation.hpp>

#include "simulation/played_run.hpp"
#include "simulation/shrink.hpp"

#include <utility>

namespace corka {

simulation& simulation::topic(std::string name, std::int32_t partitions) {
  setup_.topics.emplace_back(std::move(name), partitions);
  return *this;
}

simulation& simulation::feed(std::string topic, std::int32_t partitions, std::size_t records, source make) {
  setup_.feeds.push_back({std::move(topic), partitions, records, std::move(make)});
  return *this;
}

simulation& simulation::run(declaration g, processor_options options) {
  g.validate();
  setup_.groups.push_back({std::move(g), std::move(options)});
  return *this;
}

simulation& simulation::run_service(std::function<std::shared_ptr<service>()> make) {
  setup_.services.push_back(std::move(make));
  return *this;
}

simulation& simulation::transformed(std::string topic) {
  setup_.transformed.push_back(std::move(topic));
  return *this;
}

simulation& simulation::at_each_commit(std::string name, commit_invariant holds) {
  setup_.at_commits.emplace_back(std::move(name), std::move(holds));
  return *this;
}

simulation& simulation::at_the_end(std::string name, invariant holds) {
  setup_.at_end.emplace_back(std::move(name), std::move(holds));
  return *this;
}

simulation_result simulation::play(std::uint64_t seed, simulation_options options) const {
  using namespace simulation_parts;
  const seeded by{seed};
  const auto shape = shape_of(by);
  const auto play_with = [&](const std::vector<fault>& plan, bool trace) {
    played_run run{*this, seed, plan, {.trace = trace, .lmdb = options.lmdb}};
    return run.play();
  };
  auto plan = plan_of(by.plan(), shape.instances, shape.load);
  auto result = play_with(plan, options.trace);
  if (result.passed() || !options.shrink) return result;
  const auto fails = [&](const std::vector<fault>& p) { return !play_with(p, false).passed(); };
  plan = shrink(std::move(plan), fails);
  return play_with(plan, options.trace);
}

}  // namespace corka
