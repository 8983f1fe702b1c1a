#include <corka/declaration.hpp>

#include <corka/error.hpp>

#include "graph/topics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace corka {

namespace {

/// Adds what is wrong with the names and roles of topics.
class problem_finder {
 public:
  explicit problem_finder(const declaration& d) : made_{d} {}

  std::vector<std::string> find() && {
    check_name("group", made_.name.str());
    if (made_.inputs.empty()) add("the group has no input: add .input(stream, callback)");
    std::set<topic_name> seen;
    for (const auto& input : made_.inputs) {
      check_topic("input", input.topic);
      if (!seen.insert(input.topic).second) {
        add("input '{}' is declared twice: a topic has one callback; call the other function from it",
            input.topic.str());
      }
      if (made_.table && input.topic == made_.table->topic) {
        add("input '{}' is the group's own table: use ctx.value(), or another group that reads it", input.topic.str());
      }
      if (made_.loop && input.topic == made_.loop->topic) {
        add("input '{}' is the group's own loop: its callback is the one given to .loop()", input.topic.str());
      }
      by_[input.topic].insert(input.partition_by.name());
      check_concurrency("input", input);
    }
    check_input_partitioners();
    if (made_.table) check_topic("table", made_.table->topic);
    if (made_.loop) check_loop();
    check_beside();
    check_outputs();
    check_failures();
    check_visitors();
    check_changes();
    if (made_.options.idle_wait < std::chrono::milliseconds{0}) {
      add("group_options.idle_wait is {} ms: give a duration, or 0 to wait for no idle input",
          made_.options.idle_wait.count());
    }
    for (const auto& [topic, partitioners] : by_) {
      if (partitioners.size() > 1) {
        add("topic '{}' is declared with two partitioners, {}: every reader and writer of a topic must use the same "
            "one",
            topic.str(), fmt::join(partitioners, " and "));
      }
    }
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void check_name(std::string_view what, const std::string& text) {
    const auto why = graph::why_no_topic_name(text);
    if (!why.empty()) add("{} name '{}' {}", what, text, why);
  }
  void check_topic(std::string_view what, const topic_name& topic) { check_name(what, topic.str()); }

  void check_concurrency(std::string_view what, const input_edge& input) {
    constexpr std::size_t most = 100'000;
    if (input.concurrency == 0 || input.concurrency > most) {
      add("{} '{}' has concurrency {}: 1 to {} is possible", what, input.topic.str(), input.concurrency, most);
    } else if (input.concurrency > 1 && input.handler && !input.handler->is_coroutine()) {
      add("{} '{}' has concurrency {}, but its callback never waits: make it a coroutine, corka::task<>(context&, V), "
          "or "
          "leave the concurrency out",
          what, input.topic.str(), input.concurrency);
    }
  }

  void check_input_partitioners() {
    const auto& inputs = made_.inputs;
    const auto odd = std::ranges::find_if(
        inputs, [&](const input_edge& i) { return i.partition_by != inputs.front().partition_by; });
    if (odd != inputs.end()) {
      add("inputs '{}' and '{}' have different partitioners, {} and {}: a key would live in two partitions",
          inputs.front().topic.str(), odd->topic.str(), inputs.front().partition_by.name(), odd->partition_by.name());
    }
  }

  void check_loop() {
    check_topic("loop", made_.loop->topic);
    check_concurrency("loop", *made_.loop);
    if (made_.loops_declared > 1) {
      add("the group declares {} loops: it has one; send a variant type through it", made_.loops_declared);
    }
    if (made_.table && made_.loop->topic == made_.table->topic) {
      add("loop and table have the same topic '{}': give them different suffixes in group_options",
          made_.loop->topic.str());
    }
    if (made_.options.loop_retention < std::chrono::minutes{1}) {
      add("group_options.loop_retention is {} ms: at least a minute is needed, or records are deleted before they are "
          "read",
          made_.options.loop_retention.count());
    }
  }

  void check_beside() {
    std::set<topic_name> seen;
    for (const auto& join : made_.joins) {
      check_beside("join", join, seen);
      if (made_.inputs.empty() || join.partition_by == made_.inputs.front().partition_by) continue;
      add("join '{}' and input '{}' have different partitioners: a key's row would not be where its records are; use "
          "lookup, or write the table with the input's partitioner",
          join.topic.str(), made_.inputs.front().topic.str());
    }
    seen.clear();
    for (const auto& lookup : made_.lookups) check_beside("lookup", lookup, seen);
  }

  void check_beside(std::string_view role, const beside_edge& edge, std::set<topic_name>& seen) {
    const auto& topic = edge.topic;
    check_topic(role, topic);
    if (!seen.insert(topic).second) add("{} '{}' is declared twice: remove one", role, topic.str());
    if (made_.table && topic == made_.table->topic) {
      add("{} '{}' is the group's own table: use ctx.value(), and ctx.loop() to reach another key's", role,
          topic.str());
    }
    if (made_.loop && topic == made_.loop->topic) {
      add("{} '{}' is the group's own loop, which is no table: join the table that you mean", role, topic.str());
    }
    by_[topic].insert(edge.partition_by.name());
  }

  void check_changes() {
    std::set<topic_name> seen;
    for (const auto& change : made_.changes) {
      const auto& name = change.topic.str();
      const auto is_it = [&](const auto& edge) { return edge.topic == change.topic; };
      if (!seen.insert(change.topic).second) {
        add("on_change of '{}' is declared twice: a table has one callback; call the other function from it", name);
      }
      if (std::ranges::any_of(made_.inputs, is_it)) {
        add("on_change of '{}', which is an input as well: its callback sees each record already; remove one", name);
      }
      if (std::ranges::any_of(made_.joins, is_it)) continue;
      if (std::ranges::any_of(made_.lookups, is_it)) {
        add("on_change of lookup '{}': it has rows of any key, and no partition whose state they belong to: join the "
            "table, or make it an input",
            name);
      } else {
        add("on_change of '{}' without a join: add .join({}) to the group", name, name);
      }
    }
  }

  void check_failures() {
    for (const auto& topic : made_.dead_letters()) {
      check_topic("dead-letter topic", topic);
      const bool read = std::ranges::any_of(made_.inputs, [&](const input_edge& in) { return in.topic == topic; }) ||
                        (made_.loop && made_.loop->topic == topic);
      if (read)
        add("dead-letter topic '{}' is an input of the group: a failing record would come back for ever; give it "
            "a topic of its own",
            topic.str());
      if (made_.table && made_.table->topic == topic) {
        add("dead-letter topic '{}' is the group's own table: give it a topic of its own", topic.str());
      }
    }
    constexpr auto day = std::chrono::hours{24};
    const auto& policy = made_.failures.callback;
    if (policy.first_backoff < std::chrono::milliseconds{1} || policy.first_backoff > day ||
        policy.longest_backoff < policy.first_backoff || policy.longest_backoff > day) {
      add("failure_policy: backoff from {} ms to {} ms: 1 ms to a day is possible, the first at most the longest",
          policy.first_backoff.count(), policy.longest_backoff.count());
    }
  }

  void check_visitors() {
    std::set<topic_name> seen;
    for (const auto& visitor : made_.visitors) {
      if (visitor.name.empty()) add("a visitor has no name: give it one, processor::visit asks for it");
      if (!seen.insert(visitor.name).second) {
        add("visitor '{}' is declared twice: give them different names", visitor.name.str());
      }
    }
  }

  void check_outputs() {
    std::set<topic_name> seen;
    for (const auto& output : made_.outputs) {
      check_topic("output", output.topic);
      if (!seen.insert(output.topic).second) add("output '{}' is declared twice: remove one", output.topic.str());
      if (made_.table && output.topic == made_.table->topic) {
        add("output '{}' is the group's own table: use ctx.set() and ctx.erase()", output.topic.str());
      }
      if (made_.loop && output.topic == made_.loop->topic) {
        add("output '{}' is the group's own loop: use ctx.loop()", output.topic.str());
      }
      by_[output.topic].insert(output.partition_by.name());
    }
  }

  const declaration& made_;
  std::map<topic_name, std::set<std::string_view>> by_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> declaration::problems() const { return problem_finder{*this}.find(); }

void declaration::validate() const {
  const auto found = problems();
  if (found.empty()) return;
  throw error{errc::invalid_declaration,
              fmt::format("group '{}' cannot run:\n  - {}", name.str(), fmt::join(found, "\n  - "))};
}

std::vector<std::string> declaration::describe() const {
  std::vector<std::string> lines;
  const auto partitioned = [&lines](const partitioner& by) {
    if (by != partitioner::fnv1a) lines.back() += fmt::format(", partitioned by {}", by.name());
  };
  const auto reads = [&](std::string_view what, const input_edge& in) {
    lines.push_back(fmt::format("{} {}: {}", what, in.topic.str(), in.codec));
    partitioned(in.partition_by);
    if (in.concurrency > 1) lines.back() += fmt::format(", concurrency {}", in.concurrency);
  };
  for (const auto& i : inputs) reads("input", i);
  if (loop) reads("loop", *loop);
  if (table) lines.push_back(fmt::format("table {}: {}", table->topic.str(), table->codec));
  for (const auto& j : joins) {
    lines.push_back(fmt::format("join {}: {}", j.topic.str(), j.codec));
    partitioned(j.partition_by);
    if (changes_of(j.topic) != nullptr) lines.back() += ", on_change";
  }
  for (const auto& l : lookups) {
    lines.push_back(fmt::format("lookup {}: {}", l.topic.str(), l.codec));
    partitioned(l.partition_by);
  }
  for (const auto& v : visitors) lines.push_back(fmt::format("visitor {}", v.name.str()));
  for (const auto& o : outputs) {
    lines.push_back(fmt::format("output {}: {}", o.topic.str(), o.codec));
    partitioned(o.partition_by);
  }
  for (const auto& topic : dead_letters()) lines.push_back(fmt::format("dead letters {}", topic.str()));
  return lines;
}

std::vector<edge_status> declaration::edges() const {
  using kind = edge_status::kind;
  std::vector<edge_status> all;
  for (const auto& i : inputs) all.push_back({kind::input, i.topic.str(), i.codec});
  if (loop) all.push_back({kind::loop, loop->topic.str(), loop->codec});
  if (table) all.push_back({kind::table, table->topic.str(), table->codec});
  for (const auto& j : joins) all.push_back({kind::join, j.topic.str(), j.codec});
  for (const auto& l : lookups) all.push_back({kind::lookup, l.topic.str(), l.codec});
  for (const auto& o : outputs) all.push_back({kind::output, o.topic.str(), o.codec});
  for (const auto& topic : dead_letters()) all.push_back({kind::dead_letters, topic.str(), ""});
  return all;
}

std::vector<topic_name> declaration::dead_letters() const {
  std::vector<topic_name> all;
  for (const auto* action : {&failures.decoding, &failures.callback.then, &failures.delivery}) {
    const auto* to = std::get_if<dead_letter>(action);
    if (to != nullptr && std::ranges::find(all, topic_name{to->topic}) == all.end()) all.emplace_back(to->topic);
  }
  return all;
}

partitioner declaration::dead_letters_by(const topic_name& topic) const {
  const auto declared = std::ranges::find(outputs, topic, &output_edge::topic);
  return declared != outputs.end() ? declared->partition_by : inputs.front().partition_by;
}

const input_edge* declaration::changes_of(const topic_name& joined) const {
  const auto found = std::ranges::find(changes, joined, &input_edge::topic);
  return found == changes.end() ? nullptr : &*found;
}

const topic_name& declaration::driver() const {
  return std::ranges::min_element(inputs, {}, &input_edge::topic)->topic;
}

}  // namespace corka
