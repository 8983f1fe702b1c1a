#include "app/effective_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace corka::app_parts {

namespace {

query::setting shown(std::string name, std::string value) { return {std::move(name), std::move(value), false}; }
query::setting not_set(std::string name) { return {std::move(name), std::nullopt, false}; }
query::setting shown_if_set(std::string name, std::string value) {
  return value.empty() ? not_set(std::move(name)) : shown(std::move(name), std::move(value));
}
query::setting shown(std::string name, std::chrono::milliseconds d) {
  return shown(std::move(name), fmt::format("{} ms", d.count()));
}
query::setting shown(std::string name, bool on) { return shown(std::move(name), std::string{on ? "on" : "off"}); }

std::string_view name_of(log_level l) noexcept {
  switch (l) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warn";
    case log_level::error: return "error";
    case log_level::off: return "off";
  }
  return "";
}

std::string_view name_of(membership m) noexcept {
  switch (m) {
    case membership::lease: return "lease";
    case membership::lease_kip848: return "lease_kip848";
    case membership::range: return "range";
    case membership::range_kip848: return "range_kip848";
  }
  return "";
}

void add_properties(query::settings_section& to, const std::map<std::string, std::string>& properties) {
  for (const auto& [name, value] : properties) {
    if (is_secret(name)) to.settings.push_back({name, std::nullopt, true});
    else to.settings.push_back(shown(name, value));
  }
}

}  // namespace

bool is_secret(std::string_view property) noexcept {
  static constexpr std::array<std::string_view, 8> parts{"password", "secret", "token",   "credential",
                                                         "key.pem",  "jaas",   "private", "oauthbearer.config"};
  return std::ranges::any_of(parts, [&](std::string_view p) { return property.find(p) != std::string_view::npos; });
}

std::string identity_of(const settings& flags) {
  if (!flags.runtime.instance.empty()) return flags.runtime.instance;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("{}-{}", host[0] == '\0' ? "localhost" : host.data(), ::getpid());
}

std::vector<query::settings_section> settings_of(const settings& flags, const std::filesystem::path& state_dir) {
  const auto& r = flags.runtime;
  query::settings_section runtime{"runtime", {}};
  runtime.settings = {
      shown("brokers", r.brokers),
      shown("state-dir", state_dir.string()),
      shown_if_set("instance", r.instance),
      shown("store", r.store),
      shown("workers", r.workers == 0 ? std::string{"0: as many as the machine has"} : std::to_string(r.workers)),
      shown("log-level", std::string{name_of(r.least)})};
  query::settings_section http{"http", {}};
  http.settings = {flags.http ? shown("http", *flags.http) : shown("http", std::string{"off"}),
                   shown_if_set("http-host", fmt::format("{}", fmt::join(flags.http_hosts, ", "))),
                   shown("http-connections", std::to_string(flags.http_connections)),
                   {"http-token", std::nullopt, !flags.http_token.empty()},
                   shown("http-token-for", std::string{flags.token_for_all ? "all" : "actions"}),
                   shown_if_set("http-cert", flags.http_certificate),
                   shown_if_set("http-key", flags.http_key),
                   shown_if_set("http-ca", flags.http_authorities),
                   shown_if_set("ui-dir", flags.ui_dir),
                   shown("partition-metrics", flags.partition_metrics)};
  query::settings_section kafka{"kafka", {}};
  add_properties(kafka, r.kafka_properties);
  return {std::move(runtime), std::move(http), std::move(kafka)};
}

query::settings_section settings_of(const processor& p) {
  const auto& o = p.options();
  query::settings_section s{"processor " + p.declared().name.str(), {}};
  s.settings = {shown("protocol", std::string{name_of(o.protocol)}),
                shown_if_set("instance_id", o.instance_id),
                shown("new_topic_partitions", std::to_string(o.new_topic_partitions)),
                shown("topic_check_interval", o.topic_check_interval),
                shown("session_timeout", o.session_timeout),
                shown("heartbeat_interval", o.heartbeat_interval),
                shown("revoke_deadline", o.revoke_deadline),
                shown("max_poll_interval", o.max_poll_interval),
                shown("standby_replicas", std::to_string(o.standby_replicas)),
                shown("recover_ahead", o.recover_ahead),
                shown("store_linger", o.store_linger),
                shown("commit_interval", o.commit_interval),
                shown("commit_bytes", std::to_string(o.commit_bytes)),
                shown("batch_records", std::to_string(o.batch_records)),
                shown("batch_bytes", std::to_string(o.batch_bytes)),
                shown("in_flight_records", std::to_string(o.in_flight_records)),
                shown("undone_records", std::to_string(o.undone_records)),
                shown("cache_bytes", std::to_string(o.cache_bytes)),
                shown("linger", o.linger)};
  add_properties(s, o.kafka_properties);
  return s;
}

}  // namespace corka::app_parts
