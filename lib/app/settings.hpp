// What the flags of every app say.
#pragma once

#include <corka/runtime.hpp>

#include <optional>
#include <string>
#include <vector>

namespace corka::app_parts {

struct settings {
  runtime_options runtime;
  /// Nothing: no HTTP server.
  std::optional<std::string> http = "127.0.0.1:8080";
  std::vector<std::string> http_hosts;
  /// "host:port"; empty: nothing is announced; nothing: what the server's address says.
  std::optional<std::string> advertise;
  /// Whether requests for what other instances have are answered by 307 instead of being given on.
  bool http_redirects = false;
  /// Where the dashboard's files are read from; empty: the program carries them.
  std::string ui_dir;
  /// What actions have to be asked for with; empty: there are none.
  std::string http_token;
  /// Whether /metrics has samples of single partitions.
  bool partition_metrics = true;
};

}  // namespace corka::app_parts
