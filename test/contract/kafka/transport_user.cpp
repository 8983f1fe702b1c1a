#include "contract/kafka/transport_user.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace corka::test {

std::string to_line(const kept_record& r) {
  auto line = std::to_string(r.at) + " " + r.key;
  if (r.value) line += "=" + *r.value;
  return line;
}

std::vector<std::string> to_lines(const std::vector<kept_record>& records) {
  std::vector<std::string> lines;
  for (const auto& r : records) lines.push_back(to_line(r));
  return lines;
}

const kafka::delivery_report* report_book::of(std::uint64_t tag) const {
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.tag == tag; });
  return at == all.end() ? nullptr : &*at;
}

std::vector<kept_record> keep(const kafka::record_batch& batch) {
  std::vector<kept_record> kept;
  std::vector<header_view> headers;
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const auto& r = batch.records[i];
    kept_record k;
    k.key = r.key;
    if (!r.tombstone) k.value = std::string{r.value};
    k.at = r.at.value;
    k.timestamp_ms = r.timestamp_ms;
    headers.clear();
    batch.keep->headers(i, headers);
    for (const auto& h : headers) {
      std::optional<std::string> value;
      if (h.value) value = std::string{*h.value};
      k.headers.emplace_back(std::string{h.name}, std::move(value));
    }
    kept.push_back(std::move(k));
  }
  return kept;
}

transport_user::transport_user() : fixture{make_transport()}, arrived{fixture->control()} {
  into_ = transcript::of_this_case(fixture->time().wall_ms());
  if (into_) told_ = transcribed(fixture->cluster(), fixture->time(), into_);
  admin = cluster().make_admin(fixture->control());
  kafka::producer_options options;
  options.client_id = "contract-producer";
  producer = cluster().make_producer(options, fixture->control());
  sink_ = producer->attach(reports);
  reader = cluster().reader("contract-reader", fixture->control());
}

transport_user::~transport_user() {
  reader.reset();
  outputs_.clear();
  run(producer->close(in(std::chrono::seconds{10})));
  producer.reset();
  admin.reset();
}

topic_name transport_user::topic(std::int32_t partitions, std::map<std::string, std::string> config) {
  kafka::new_topic wanted;
  wanted.topic = topic_name{fixture->unique("topic")};
  wanted.partitions = partitions;
  wanted.config = std::move(config);
  std::vector<kafka::new_topic> all{wanted};
  run(admin->create(std::move(all)));
  return wanted.topic;
}

kafka::topic_description transport_user::describe(const topic_name& topic) {
  std::vector<topic_name> names{topic};
  const auto found = run(admin->describe(std::move(names)));
  REQUIRE(found.size() == 1);
  return found.front();
}

offset_range transport_user::range(const topic_partition& tp) {
  std::vector<topic_partition> of{tp};
  const auto found = run(admin->offsets(std::move(of)));
  REQUIRE(found.size() == 1);
  return found.front();
}

std::uint64_t transport_user::send(const topic_name& topic, const kafka::outgoing& what) {
  auto& output = outputs_[topic];
  if (!output) output = run(producer->topic(topic));
  producer->send(*output, what, sink_, sent_);
  return sent_++;
}

std::uint64_t transport_user::send(const topic_name& topic, std::int32_t partition, std::string_view key,
                                   std::optional<std::string_view> value) {
  kafka::outgoing what;
  what.partition = partition_id{partition};
  what.key = key;
  what.value = value.value_or(std::string_view{});
  what.tombstone = !value;
  return send(topic, what);
}

void transport_user::settle_sends() {
  producer->hurry();
  REQUIRE(fixture->eventually([&] { return reports->all.size() >= sent_; }));
}

std::vector<kept_record> transport_user::read(const topic_name& topic, std::int32_t partition, std::int64_t from) {
  const topic_partition where{topic, partition_id{partition}};
  const auto source = reader->open(where, offset{from}, arrived.remote());
  return read_to(*source, range(where).high.value);
}

std::vector<kept_record> transport_user::read_to(kafka::record_source& from, std::int64_t to) {
  std::vector<kept_record> all;
  kafka::record_batch batch;
  const bool there = fixture->eventually([&] {
    while (from.poll({}, batch)) {
      const auto more = keep(batch);
      all.insert(all.end(), more.begin(), more.end());
    }
    return batch.position.value >= to;
  });
  CHECK_MESSAGE(there, "the position is " << batch.position.value << ", not " << to);
  return all;
}

}  // namespace corka::test
