#include "kafka/rdkafka/fetch_lines.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

// A client ends on its strand.
void end(fetch_line& line) {
  const auto there = line.unasked->control();
  boost::asio::post(there, [c = std::move(line.unasked)] { c->stop(); });
}

}  // namespace

fetch_lines::~fetch_lines() {
  for (const auto& line : lines_) end(*line);
}

std::unique_ptr<fetch_lines::seat> fetch_lines::take(const topic_partition& where) {
  const std::lock_guard lock{mutex_};
  auto line = line_for(where.topic, &where);
  line->reading.insert(where);
  return std::make_unique<seat>(shared_from_this(), std::move(line), where);
}

void fetch_lines::warm(const topic_name& topic) {
  const std::lock_guard lock{mutex_};
  line_for(topic, nullptr);
}

void fetch_lines::topic_is(const topic_name& topic, std::string_view id) {
  const std::lock_guard lock{mutex_};
  auto& known = ids_[topic];
  const bool renewed = !known.empty() && known != id;
  known = id;
  if (!renewed) return;
  for (const auto& line : lines_) {
    if (line->known.contains(topic)) line->outdated.insert(topic);
  }
  end_outdated();
}

std::shared_ptr<fetch_line> fetch_lines::line_for(const topic_name& topic, const topic_partition* where) {
  const auto can = [&](const auto& line) {
    return !line->outdated.contains(topic) && (where == nullptr || !line->reading.contains(*where));
  };
  // From the newest on: those before it are left by and by.
  const auto found = std::find_if(lines_.rbegin(), lines_.rend(), can);
  std::shared_ptr<fetch_line> line;
  if (found != lines_.rend()) {
    line = *found;
  } else {
    line = std::make_shared<fetch_line>();
    line->fetching = make_();
    line->unasked = std::make_shared<client>(line->fetching, control_);
    client::callbacks read;
    read.on_event = [h = line->fetching.get()](rd_kafka_event_t* e) {
      if (rd_kafka_event_error(e) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      h->log().debug(fmt::format("{}: {}", rd_kafka_err2name(rd_kafka_event_error(e)), rd_kafka_event_error_string(e)));
    };
    boost::asio::post(control_, [c = line->unasked, read = std::move(read)]() mutable { c->start(std::move(read)); });
    lines_.push_back(line);
  }
  auto& rkt = line->known[topic];
  if (!rkt) rkt.reset(rd_kafka_topic_new(line->fetching->get(), topic.str().c_str(), nullptr));
  return line;
}

void fetch_lines::leave(fetch_line& line, const topic_partition& where) {
  const std::lock_guard lock{mutex_};
  line.reading.erase(where);
  end_outdated();
}

void fetch_lines::end_outdated() {
  std::erase_if(lines_, [](const auto& line) {
    const bool over = !line->outdated.empty() && line->reading.empty();
    if (over) end(*line);
    return over;
  });
}

}  // namespace corka::kafka::rdkafka
