#include "graphs.hpp"

#include <corka/corka.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulate {

namespace {

using namespace std::chrono_literals;
using corka::context;
using corka::group;
using corka::simulated_commit;
using corka::simulated_record;
using corka::simulated_state;
using corka::simulation;
using corka::stream;
using text = std::string;

constexpr std::int32_t partitions = 3;
constexpr std::size_t records = 60;
constexpr std::uint64_t keys = 7;

const stream<text> events{"events"};
const stream<text> echoes{"echoes"};

/// Every state is the list of the ids that it was made of: "3 7 7 12". What was lost, doubled or overtaken shows.
void append(context<text>& ctx, const text& id) {
  auto ids = ctx.value().value_or("");
  if (!ids.empty()) ids += ' ';
  ctx.set(ids + id);
}

std::vector<text> split(std::string_view list) {
  std::vector<text> ids;
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    ids.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return ids;
}

/// Whether `some` are among `all`, in their order.
bool is_part(const std::vector<text>& some, const std::vector<text>& all) {
  auto at = some.begin();
  for (const auto& one : all) {
    if (at != some.end() && *at == one) ++at;
  }
  return at == some.end();
}

bool has(const simulated_state& s, const text& table, const simulated_record& r) {
  const auto row = s.table(table).find(r.key);
  if (row == s.table(table).end()) return false;
  const auto ids = split(row->second);
  return std::ranges::find(ids, *r.value) != ids.end();
}

/// What is committed of `input` is in the rows of `table`.
auto kept_in(text input, text table) {
  return [input = std::move(input), table = std::move(table)](const simulated_state& s,
                                                              const simulated_commit& c) -> text {
    if (c.topic != input) return {};
    for (auto at = c.from; at < c.next; ++at) {
      const auto* r = s.record(c.topic, c.partition, at);
      if (s.stale_write(table, r->key)) continue;
      if (!has(s, table, *r)) return r->key + " " + *r->value + " is committed and not in " + table;
    }
    return {};
  };
}

/// What is committed of `input` was sent to `output`.
auto sent_to(text input, text output) {
  return [input = std::move(input), output = std::move(output)](const simulated_state& s,
                                                                const simulated_commit& c) -> text {
    if (c.topic != input) return {};
    for (auto at = c.from; at < c.next; ++at) {
      const auto* r = s.record(c.topic, c.partition, at);
      const auto sent = std::ranges::any_of(
          s.records(output), [r](const simulated_record& o) { return o.key == r->key && o.value == r->value; });
      if (!sent) return r->key + " " + *r->value + " is committed and not in " + output;
    }
    return {};
  };
}

/// Rows have every record of `input`, in the order of their first coming; in a clean run, once. A row that who had lost
/// its partition has written may have lost some, and not the order of the others.
auto counted(text input, text table) {
  return [input = std::move(input), table = std::move(table)](const simulated_state& s) -> text {
    std::map<text, std::vector<text>> wanted;
    for (const auto& r : s.records(input)) wanted[r.key].push_back(*r.value);
    for (auto& [key, ids] : wanted) {
      // A record may have been sent twice by who was before.
      std::vector<text> once;
      for (auto& id : ids) {
        if (s.clean() || std::ranges::find(once, id) == once.end()) once.push_back(id);
      }
      const auto row = s.table(table).find(key);
      const auto list = row == s.table(table).end() ? text{} : row->second;
      std::vector<text> found;
      for (auto& id : split(list)) {
        if (s.clean() || std::ranges::find(found, id) == found.end()) found.push_back(id);
      }
      const bool some = s.stale_write(table, key) && is_part(found, once);
      if (found != once && !some) return table + ": '" + key + "' is '" + list + "'";
    }
    return {};
  };
}

std::pair<text, text> event(std::size_t n, std::uint64_t random) {
  return {"key" + std::to_string(random % keys), std::to_string(n)};
}

corka::processor_options quick() {
  corka::processor_options o;
  o.commit_interval = 300ms;
  return o;
}

simulation counting() {
  group<text> recorders{"recorders"};
  recorders
      .input(events,
             [](context<text>& ctx, text id) {
               append(ctx, id);
               ctx.emit(echoes, ctx.key(), id);
             })
      .output(echoes);
  simulation s{"counting"};
  s.feed("events", partitions, records, event).topic("echoes", partitions).run(recorders, quick());
  s.at_each_commit("what is committed is in the table", kept_in("events", "recorders-table"));
  s.at_each_commit("what is committed was sent", sent_to("events", "echoes"));
  s.at_the_end("counts", counted("events", "recorders-table"));
  return s;
}

corka::task<> echo_first(context<text>& ctx, text id) {
  const auto sent = ctx.emit(echoes, ctx.key(), id);
  co_await sent.acked();
  append(ctx, id);
}

simulation concurrent() {
  group<text> recorders{"recorders"};
  recorders.input(events, echo_first, {.concurrency = 4}).output(echoes);
  // What is awaited, and timed out, is an exception in the callback.
  recorders.on_failure({.callback = {.attempts = 0, .first_backoff = 50ms, .longest_backoff = 500ms}});
  simulation s{"concurrent"};
  s.feed("events", partitions, records, event).topic("echoes", partitions).run(recorders, quick());
  s.at_each_commit("what is committed is in the table", kept_in("events", "recorders-table"));
  s.at_each_commit("what is committed was sent", sent_to("events", "echoes"));
  s.at_the_end("counts", counted("events", "recorders-table"));
  return s;
}

simulation loop() {
  group<text> loopers{"loopers"};
  loopers.input(events, [](context<text>& ctx, text id) { ctx.loop(ctx.key(), id); });
  loopers.loop<text>([](context<text>& ctx, text id) { append(ctx, id); });
  simulation s{"loop"};
  s.feed("events", partitions, records, event).run(loopers, quick());
  s.at_each_commit("what is committed was looped", sent_to("events", "loopers-loop"));
  s.at_each_commit("what is committed is in the table", kept_in("loopers-loop", "loopers-table"));
  s.at_the_end("counts", counted("loopers-loop", "loopers-table"));
  return s;
}

simulation chain() {
  group<text> recorders{"recorders"};
  recorders
      .input(events,
             [](context<text>& ctx, text id) {
               append(ctx, id);
               ctx.emit(echoes, ctx.key(), id);
             })
      .output(echoes);
  group<text> readers{"readers"};
  readers
      .input(echoes,
             [table = recorders.table()](context<text>& ctx, text id) {
               static_cast<void>(ctx.join(table));
               append(ctx, id);
             })
      .join(recorders.table());
  auto with_standbys = quick();
  with_standbys.standby_replicas = 1;
  simulation s{"chain"};
  s.feed("events", partitions, records / 2, event).topic("echoes", partitions);
  s.run(recorders, with_standbys).run(readers, quick());
  s.run_service([table = readers.table()] { return std::make_shared<corka::view<text>>(table); });
  s.at_each_commit("what is committed is in the table", kept_in("events", "recorders-table"));
  s.at_each_commit("what is committed was sent", sent_to("events", "echoes"));
  s.at_each_commit("what is committed is in the second table", kept_in("echoes", "readers-table"));
  s.at_the_end("counts", counted("events", "recorders-table"));
  s.at_the_end("counts of the second table", counted("echoes", "readers-table"));
  return s;
}

}  // namespace

std::vector<simulation> graphs() {
  std::vector<simulation> all;
  all.push_back(counting());
  all.push_back(concurrent());
  all.push_back(loop());
  all.push_back(chain());
  return all;
}

}  // namespace simulate
