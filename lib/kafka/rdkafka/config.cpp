#include "kafka/rdkafka/config.hpp"

#include "kafka/rdkafka/property_catalog.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace corka::kafka::rdkafka {

namespace {

struct reserved_property {
  std::string_view name;
  std::string_view instead;
};

// corka's guarantees rest on these.
constexpr std::array reserved{
    reserved_property{"bootstrap.servers", "use the brokers option"},
    reserved_property{"metadata.broker.list", "use the brokers option"},
    reserved_property{"group.id", "it is the group's name"},
    reserved_property{"group.instance.id", "use the instance option"},
    reserved_property{"group.protocol", "use the membership option"},
    reserved_property{"group.remote.assignor", "use the membership option"},
    reserved_property{"partition.assignment.strategy", "use the membership option"},
    reserved_property{"enable.auto.commit", "corka commits what is done, and only that"},
    reserved_property{"auto.commit.enable", "corka commits what is done, and only that"},
    reserved_property{"enable.auto.offset.store", "corka commits what is done, and only that"},
    reserved_property{"auto.offset.reset", "corka always reads from an explicit offset"},
    reserved_property{"enable.partition.eof", "corka needs it"},
    reserved_property{"transactional.id", "use the guarantee option"},
    reserved_property{"opaque", "it cannot be set by text"},
    reserved_property{"log.queue", "logs go to the logger"},
};

constexpr std::array secrets{
    std::string_view{"sasl.password"},
    std::string_view{"sasl.username"},
    std::string_view{"sasl.jaas.config"},
    std::string_view{"sasl.oauthbearer.config"},
    std::string_view{"sasl.oauthbearer.extensions"},
    std::string_view{"ssl.key.location"},
    std::string_view{"ssl.key.pem"},
    std::string_view{"ssl.ca.pem"},
    std::string_view{"ssl.certificate.pem"},
};

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string unknown_text(const std::string& name) {
  const auto near = near_misses(name);
  if (near.empty()) return fmt::format("librdkafka has no property '{}': leave it out", name);
  return fmt::format("librdkafka has no property '{}': did you mean {}?", name, fmt::join(near, ", or "));
}

}  // namespace

bool is_secret(std::string_view property) noexcept {
  if (std::find(secrets.begin(), secrets.end(), property) != secrets.end()) return true;
  // Also properties of later versions, and misspelt ones.
  for (const std::string_view part : {"password", "passphrase", "secret", "private", "token", "credential"}) {
    if (property.find(part) != std::string_view::npos) return !property.ends_with("url");
  }
  return false;
}

std::vector<std::string> near_misses(std::string_view wrong) {
  std::vector<std::pair<std::size_t, std::string>> found;
  const auto far = std::max<std::size_t>(2, wrong.size() / 4);
  for (const auto& [name, kind] : property_catalog()) {
    const auto d = distance(wrong, name);
    const bool part = wrong.size() >= 4 && name.find(wrong) != std::string::npos;
    if (d <= far) {
      found.emplace_back(d, name);
    } else if (part) {
      found.emplace_back(far + d, name);
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [d, name] : found) {
    if (names.size() == 3) break;
    names.push_back(std::move(name));
  }
  return names;
}

config::config(role r) : role_{r}, conf_{rd_kafka_conf_new()} {}

rd_kafka_type_t config::type() const noexcept {
  return role_ == role::group || role_ == role::fetch ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
}

void config::set(const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_OK: shown_[name] = is_secret(name) ? "***" : value; return;
    case RD_KAFKA_CONF_UNKNOWN: throw error{errc::invalid_option, unknown_text(name)};
    case RD_KAFKA_CONF_INVALID: break;
  }
  // librdkafka may quote the value.
  const std::string_view why{text.data()};
  const bool tells = is_secret(name) && !value.empty() && why.find(value) != std::string_view::npos;
  throw error{errc::invalid_option, fmt::format("property '{}': {}: correct it, or leave it out", name,
                                                tells ? "librdkafka refuses the value" : why)};
}

void config::apply(const std::map<std::string, std::string>& properties) {
  const bool consumer = type() == RD_KAFKA_CONSUMER;
  for (const auto& [name, value] : properties) {
    const auto found = std::find_if(reserved.begin(), reserved.end(), [&](const auto& r) { return r.name == name; });
    if (found != reserved.end()) {
      throw error{errc::invalid_option, fmt::format("property '{}' is corka's own: {}", name, found->instead)};
    }
    const auto known = property_catalog().find(name);
    if (known != property_catalog().end() && !(consumer ? known->second.consumer : known->second.producer)) continue;
    set(name, value);
  }
}

std::string config::describe() const {
  std::string text;
  for (const auto& [name, value] : shown_) {
    fmt::format_to(std::back_inserter(text), "{}{}={}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

}  // namespace corka::kafka::rdkafka
