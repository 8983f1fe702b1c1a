// What the flags of every app say.
#pragma once

#include "http/limits.hpp"

#include <corka/runtime.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace corka::app_parts {

struct settings {
  runtime_options runtime;
  /// Nothing: no HTTP server.
  std::optional<std::string> http = "127.0.0.1:8080";
  std::vector<std::string> http_hosts;
  /// Connections at a time.
  std::size_t http_connections = http::limits{}.connections;
  /// "host:port" or "https://host:port"; empty: nothing is announced; nothing: what the server's address says.
  std::optional<std::string> advertise;
  /// Whether requests for what other instances have are answered by 307 instead of being given on.
  bool http_redirects = false;
  /// Where the dashboard's files are read from; empty: the program carries them.
  std::string ui_dir;
  /// What actions have to be asked for with; empty: there are none.
  std::string http_token;
  /// Whether everything has to be asked for with it.
  bool token_for_all = false;
  /// Certificate and key of the server, both or none: with them it speaks TLS only.
  std::string http_certificate;
  std::string http_key;
  /// What other instances' certificates are trusted by; empty: what the system trusts.
  std::string http_authorities;
  /// Whether /metrics has samples of single partitions.
  bool partition_metrics = true;
};

}  // namespace corka::app_parts
