// What an app says when it starts and when it ends.
#pragma once

#include <corka/service.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace corka::app_parts {

struct surroundings {
  std::string program;
  std::string brokers;
  std::string state_dir;
  std::string url;  ///< ends in '/'; empty: no HTTP server
  std::vector<std::string> tables;
};

/// What runs, on which brokers, where its state is, where to look, how to stop.
[[nodiscard]] std::string opening(const surroundings& at, const std::vector<service*>& services);
[[nodiscard]] std::string closing(const std::string& program, bool told_to, std::size_t failures,
                                  std::chrono::nanoseconds after);

}  // namespace corka::app_parts
