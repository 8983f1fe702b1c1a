// The broker's folder: what survives, who may use it, what is cleaned.
#include "broker_user.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace corka;
using namespace corka::test;
using namespace std::chrono_literals;
using text = std::vector<std::string>;

namespace {

kafka::embedded::broker_options in(const temporary_folder& folder) {
  kafka::embedded::broker_options o;
  o.directory = folder / "broker";
  return o;
}

std::optional<offset> committed(broker_user& u, kafka::member& m, const std::string& topic) {
  std::vector<topic_partition> of{{topic_name{topic}, partition_id{0}}};
  return u.threads.run(m.committed(std::move(of))).at(0);
}

}  // namespace

TEST_CASE("broker on disk: topics, their ids and settings, records and committed offsets are there again") {
  const temporary_folder folder;
  std::string id;
  {
    broker_user u{in(folder)};
    u.create("clicks", 3, {{"max.message.bytes", "500"}});
    id = u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).id;
    u.write("clicks", "a", "1", 2);
    u.write("clicks", "b", std::nullopt, 2);
    const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
    const event_book events{u, *m};
    u.threads.advance(100ms);
    for (std::int64_t i = 1; i <= 3; ++i) {
      std::vector<kafka::position> positions{{{topic_name{"clicks"}, partition_id{0}}, offset{i}}};
      CHECK_FALSE(u.threads.run(m->commit(std::move(positions))));
    }
    u.threads.run(m->close(u.threads.time().now()));
  }
  broker_user u{in(folder)};
  const auto found = u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0);
  CHECK(found.exists);
  CHECK(found.id == id);
  CHECK(found.partitions == 3);
  CHECK(u.read("clicks", 2) == text{"0 a=1", "1 b"});
  CHECK(u.read("clicks", 0).empty());
  u.write("clicks", "large", std::string(600, 'x'), 2);
  CHECK(u.reports->all.back().failed == errc::record_too_large);
  u.write("clicks", "c", "3", 2);
  CHECK(u.reports->all.back().at.value == 2);
  // Membership starts empty: the first one to join has everything at once.
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  const event_book events{u, *m};
  u.threads.advance(1ms);
  CHECK(events.take() == text{"connected", "assigned 0 1 2"});
  CHECK(committed(u, *m, "clicks") == offset{3});
  u.threads.run(m->close(u.threads.time().now()));
}

TEST_CASE("broker on disk: a removed topic stays removed, with what was committed for it") {
  const temporary_folder folder;
  {
    broker_user u{in(folder)};
    u.create("clicks");
    u.write("clicks", "a", "1");
    const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
    const event_book events{u, *m};
    u.threads.advance(100ms);
    std::vector<kafka::position> positions{{{topic_name{"clicks"}, partition_id{0}}, offset{1}}};
    CHECK_FALSE(u.threads.run(m->commit(std::move(positions))));
    u.threads.run(m->close(u.threads.time().now()));
    CHECK(u.broker->remove_topic(topic_name{"clicks"}));
  }
  broker_user u{in(folder)};
  CHECK_FALSE(u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).exists);
  u.create("clicks");
  CHECK(u.read("clicks").empty());
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  const event_book events{u, *m};
  u.threads.advance(100ms);
  CHECK_FALSE(committed(u, *m, "clicks"));
  u.threads.run(m->close(u.threads.time().now()));
}

TEST_CASE("broker on disk: a folder belongs to one broker at a time, and the refusal says to whom") {
  const temporary_folder folder;
  broker_user u{in(folder)};
  try {
    const auto second = kafka::embedded::broker::open(u.threads, in(folder));
    FAIL("a second broker opened the folder");
  } catch (const error& e) {
    CHECK(e.kind() == errc::store_in_use);
    CHECK(std::string{e.what()}.find((folder / "broker").string()) != std::string::npos);
    CHECK(std::string{e.what()}.find(std::to_string(::getpid())) != std::string::npos);
  }
}

TEST_CASE("broker on disk: a topic that was only half made is no topic") {
  const temporary_folder folder;
  {
    broker_user u{in(folder)};
    u.create("clicks");
  }
  std::filesystem::create_directories(folder / "broker" / "topics" / "~half" / "0");
  broker_user u{in(folder)};
  CHECK_FALSE(std::filesystem::exists(folder / "broker" / "topics" / "~half"));
  CHECK(u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).exists);
}

TEST_CASE("broker on disk: a damaged description is an error that names the file") {
  const temporary_folder folder;
  {
    broker_user u{in(folder)};
    u.create("clicks");
  }
  const auto file = folder / "broker" / "topics" / "clicks" / "topic.json";
  std::ofstream{file} << "{";
  async::virtual_execution threads;
  try {
    const auto b = kafka::embedded::broker::open(threads, in(folder));
    FAIL("it opened");
  } catch (const error& e) {
    CHECK(e.kind() == errc::store_failed);
    CHECK(std::string{e.what()}.find(file.string()) != std::string::npos);
  }
}

TEST_CASE("broker on disk: committed offsets survive the cleaning of their log") {
  const temporary_folder folder;
  {
    broker_user u{in(folder)};
    u.create("clicks");
    const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
    const event_book events{u, *m};
    u.threads.advance(100ms);
    for (std::int64_t i = 0; i < 500; ++i) {
      std::vector<kafka::position> positions{{{topic_name{"clicks"}, partition_id{0}}, offset{i}}};
      CHECK_FALSE(u.threads.run(m->commit(std::move(positions))));
    }
    u.broker->maintain(true);
    u.threads.run(m->close(u.threads.time().now()));
  }
  std::uintmax_t size = 0;
  for (const auto& f : std::filesystem::directory_iterator{folder / "broker" / "offsets"}) size += f.file_size();
  CHECK(size < 1000);
  broker_user u{in(folder)};
  const auto m = u.cluster->join(u.member("g", "clicks", "m"), u.threads.executor());
  u.threads.advance(100ms);
  CHECK(committed(u, *m, "clicks") == offset{499});
  u.threads.run(m->close(u.threads.time().now()));
}

TEST_CASE("maintenance: runs by itself, and readers below the new start are told") {
  kafka::embedded::broker_options options;
  options.maintenance_interval = 10s;
  broker_user u{options};
  u.create("clicks", 1, {{"retention.ms", "60000"}});
  u.write("clicks", "old", "1");
  u.threads.advance(30s);
  CHECK(u.range("clicks") == offset_range{offset{0}, offset{1}});
  u.write("clicks", "new", "2");
  u.threads.advance(25s);
  u.write("clicks", "newer", "3");
  CHECK(u.range("clicks").low.value == 0);
  u.threads.advance(3min);
  CHECK(u.range("clicks") == offset_range{offset{3}, offset{3}});
  try {
    u.read("clicks", 0, 0);
    FAIL("offset 0 can be read");
  } catch (const error& e) {
    CHECK(e.kind() == errc::offset_out_of_range);
    CHECK(e.where() == topic_partition{topic_name{"clicks"}, partition_id{0}});
    CHECK(e.at() == offset{0});
    CHECK(std::string{e.what()}.find("3 to 3") != std::string::npos);
  }
}

TEST_CASE("maintenance: compacts by itself once enough is new") {
  kafka::embedded::broker_options options;
  options.maintenance_interval = 10s;
  broker_user u{options};
  u.create("table", 1, {{"cleanup.policy", "compact"}, {"segment.ms", "1000"}});
  for (int i = 0; i < 10; ++i) u.write("table", "k", std::to_string(i));
  u.threads.advance(15s);
  u.write("table", "other", "x");
  CHECK(u.read("table") == text{"9 k=9", "10 other=x"});
}

TEST_CASE("options: segments below 64 KiB are refused") {
  async::virtual_execution threads;
  kafka::embedded::broker_options options;
  options.segment_bytes = 1000;
  CHECK_THROWS_AS(static_cast<void>(kafka::embedded::broker::open(threads, options)), error);
}

TEST_CASE("maintenance: a batch keeps its records, also when they are cleaned and its source is gone") {
  broker_user u;
  u.create("clicks", 1, {{"retention.ms", "1000"}});
  u.write("clicks", "a", "1");
  const auto reader = u.cluster->reader("reader", u.threads.executor());
  const async::signal arrived{u.threads.executor()};
  auto source = reader->open({topic_name{"clicks"}, partition_id{0}}, offset{0}, arrived.remote());
  kafka::record_batch batch;
  REQUIRE(source->poll({}, batch));
  source.reset();
  u.threads.advance(2s);
  u.broker->maintain();
  CHECK(u.range("clicks").low.value == 1);
  REQUIRE(batch.records.size() == 1);
  CHECK(batch.records[0].key == "a");
  CHECK(batch.records[0].value == "1");
}

TEST_CASE("broker: a topic that grows keeps its records, takes new ones, and stays grown on the disk") {
  const temporary_folder folder;
  {
    broker_user u{in(folder)};
    u.create("clicks", 1, {{"max.message.bytes", "500"}});
    u.write("clicks", "a", "1");
    const auto before = u.threads.run(u.producer->topic(topic_name{"clicks"}));
    u.broker->grow_topic(topic_name{"clicks"}, 3);
    CHECK(before->partitions() == 1);  // keys keep their places for who had opened it
    u.write("clicks", "b", "2", 0);
    CHECK(u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).partitions == 3);
  }
  broker_user u{in(folder)};
  CHECK(u.threads.run(u.admin->describe({topic_name{"clicks"}})).at(0).partitions == 3);
  CHECK(u.read("clicks", 0) == text{"0 a=1", "1 b=2"});
  u.write("clicks", "c", "3", 2);
  CHECK(u.read("clicks", 2) == text{"0 c=3"});
  u.write("clicks", "large", std::string(600, 'x'), 2);
  CHECK(u.reports->all.back().failed == errc::record_too_large);
}
