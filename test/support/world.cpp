#include "support/world.hpp"

#include "async/signal.hpp"
#include "async/timer.hpp"
#include "kafka/embedded/catalog.hpp"
#include "kafka/embedded/offset_store.hpp"
#include "kafka/embedded/topic.hpp"
#include "store/lmdb/lmdb_factory.hpp"
#include "store/memory/memory_factory.hpp"

#include <corka/error.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>

namespace corka::test {

namespace {

using namespace std::chrono_literals;

/// Counts reports until all have come.
class counting_sink final : public kafka::delivery_sink {
 public:
  std::size_t reported = 0;
  std::error_code failed;
  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    reported += reports.size();
    for (const auto& r : reports) {
      if (r.failed) failed = r.failed;
    }
  }
};

}  // namespace

instance::instance(async::virtual_execution& on, std::shared_ptr<kafka::cluster> cluster,
                   std::shared_ptr<store::store_factory> stores, std::filesystem::path folder, std::string name,
                   log_sink log)
    : core_{std::make_shared<runtime_core>()}, runtime_{core_} {
  core_->threads = std::shared_ptr<async::execution>{std::shared_ptr<void>{}, &on};
  core_->cluster = std::move(cluster);
  core_->stores = std::move(stores);
  core_->state_dir = std::move(folder);
  core_->embedded = true;
  core_->log = logger{std::make_shared<const log_sink>(std::move(log)), log_level::debug, name};
}

world::world(copies kept) : kept_{kept} {
  kafka::embedded::broker_options options;
  options.seed = 1;
  broker = kafka::embedded::broker::open(threads, options);
  cluster = kafka::embedded::make_cluster(broker);
  admin_ = cluster->make_admin(threads.executor());
  producer_ = cluster->make_producer({.client_id = "world", .properties = {}}, threads.executor());
  reader_ = cluster->reader("world", threads.executor());
}

world::~world() { threads.run(producer_->close(threads.time().now() + 1s)); }

void world::create(const std::string& topic, std::int32_t partitions, std::map<std::string, std::string> config) {
  std::vector<kafka::new_topic> topics;
  topics.push_back({topic_name{topic}, partitions, 1, std::move(config)});
  threads.run(admin_->create(std::move(topics)));
}

void world::write(const std::string& topic, const std::string& key, std::optional<std::string> value,
                  const std::vector<header_view>& headers, std::int64_t timestamp_ms) {
  const auto to = threads.run(producer_->topic(topic_name{topic}));
  const auto sink = std::make_shared<counting_sink>();
  const auto id = producer_->attach(sink);
  producer_->send(*to,
                  {.partition = partition_of(key, to->partitions()),
                   .key = key,
                   .value = value ? std::string_view{*value} : std::string_view{},
                   .tombstone = !value,
                   .timestamp_ms = timestamp_ms,
                   .headers = headers},
                  id, 0);
  if (!until([&] { return sink->reported == 1; })) throw std::runtime_error{"world: a record was not acknowledged"};
  producer_->detach(id);
}

void world::write_all(const std::string& topic, const std::vector<std::pair<std::string, std::string>>& records) {
  const auto to = threads.run(producer_->topic(topic_name{topic}));
  const auto sink = std::make_shared<counting_sink>();
  const auto id = producer_->attach(sink);
  std::uint64_t tag = 0;
  for (const auto& [key, value] : records) {
    producer_->send(*to, {.partition = partition_of(key, to->partitions()), .key = key, .value = value}, id, tag++);
  }
  if (!until([&] { return sink->reported == records.size(); }))
    throw std::runtime_error{"world: records were not acknowledged"};
  producer_->detach(id);
}

instance& world::member(const std::string& name) {
  auto& made = instances_[name];
  if (!made) {
    auto& stores = stores_[name];
    if (!stores) {
      if (kept_ == copies::lmdb) stores = std::make_shared<store::lmdb::lmdb_factory>();
      else stores = std::make_shared<store::memory::memory_factory>();
    }
    made = std::make_unique<instance>(threads, cluster, stores, folder_ / name, name,
                                      [this](log_level, std::string_view component, std::string_view text) {
                                        log.push_back(std::string{component} + ": " + std::string{text});
                                      });
  }
  return *made;
}

running world::start(service& what, instance& on) {
  running run;
  auto body = [](service& s, runtime& r, std::shared_ptr<running::state> state) -> task<> {
    try {
      co_await s.run(r);
    } catch (const std::exception& e) { state->failure = e.what(); }
    state->ended = true;
  };
  threads.start(body(what, on.on(), run.state_));
  return run;
}

bool world::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = threads.time().now() + limit;
  threads.settle();
  while (!done()) {
    if (threads.time().now() >= end) return false;
    threads.advance(5ms);
  }
  return true;
}

void world::stop(service& what, const running& run) {
  what.stop();
  if (!until([&] { return run.ended(); })) throw std::runtime_error{"world: a service did not stop"};
}

std::vector<seen> world::records(const std::string& topic) {
  std::vector<topic_name> names{topic_name{topic}};
  const auto described = threads.run(admin_->describe(names)).front();
  std::vector<topic_partition> all;
  for (std::int32_t p = 0; p < described.partitions; ++p) all.push_back({topic_name{topic}, partition_id{p}});
  const auto ranges = threads.run(admin_->offsets(all));
  std::vector<seen> out;
  const async::signal arrived{threads.executor()};
  kafka::record_batch batch;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto source = reader_->open(all[i], ranges[i].low, arrived.remote());
    auto position = ranges[i].low;
    const auto read = [&] {
      while (position < ranges[i].high && source->poll({}, batch)) {
        for (std::size_t r = 0; r < batch.records.size(); ++r) {
          const auto& record = batch.records[r];
          seen s{all[i].partition.value, record.at.value, std::string{record.key}, std::nullopt, {},
                 record.timestamp_ms};
          if (!record.tombstone) s.value = std::string{record.value};
          std::vector<header_view> headers;
          if (batch.keep) batch.keep->headers(r, headers);
          for (const auto& h : headers) {
            s.headers.push_back({std::string{h.name}, h.value ? std::optional<std::string>{*h.value} : std::nullopt});
          }
          out.push_back(std::move(s));
        }
        position = batch.position;
      }
      return position >= ranges[i].high;
    };
    if (!until(read)) throw std::runtime_error{"world: " + topic + " could not be read to its end"};
  }
  return out;
}

std::map<std::string, std::string> world::table(const std::string& topic) {
  std::map<std::string, std::string> rows;
  for (const auto& r : records(topic)) {
    if (r.value) rows[r.key] = *r.value;
    else rows.erase(r.key);
  }
  return rows;
}

void world::commit(const std::string& group, const std::vector<kafka::position>& at) {
  broker->offsets().commit(group_name{group}, at, threads.time().wall_ms());
}

std::int64_t world::committed(const std::string& group, const std::string& topic, std::int32_t partition) const {
  const std::vector<topic_partition> of{{topic_name{topic}, partition_id{partition}}};
  return broker->offsets().committed(group_name{group}, of).front().value_or(offset{0}).value;
}

std::string world::row(const processor& p, const std::string& key) {
  try {
    const auto found = threads.run(p.row(key));
    return found.bytes.value_or("(none)");
  } catch (const error& e) { return "(" + e.code().message() + ")"; }
}

std::string story(const world& w, const processor& p) {
  std::string out;
  for (const auto& line : w.log) out += line + "\n";
  const auto status = p.status();
  out += status.group + " is " + std::string{to_string(status.state)} + " " + status.error + "\n";
  for (const auto& s : status.partitions) {
    out += "  " + std::to_string(s.partition) + " " + std::string{to_string(s.state)} + " in flight " +
           std::to_string(s.in_flight);
    for (const auto& i : s.inputs) {
      out += "; " + i.topic + " processed " + std::to_string(i.processed.value) + " committed " +
             std::to_string(i.committed.value) + " end " + (i.end ? std::to_string(i.end->value) : "unknown");
    }
    out += "\n";
  }
  return out;
}

bool caught_up(const world& w, const processor& p) {
  const auto status = p.status();
  if (status.state != processor_state::running || status.partitions.empty()) return false;
  for (const auto& s : status.partitions) {
    if (s.state != partition_state::running || s.in_flight != 0) return false;
    for (const auto& i : s.inputs) {
      const auto topic = w.broker->topics().find(topic_name{i.topic});
      const auto end = topic->at(partition_id{s.partition}).log().range().high;
      if (i.committed != end) return false;
    }
  }
  return true;
}

}  // namespace corka::test
