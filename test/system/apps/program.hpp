// A shipped program on the embedded broker.
#pragma once

#include "support/child_process.hpp"
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/temporary_folder.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace corka::test {

/// A program with a state directory and a port of its own.
struct program {
  const temporary_folder& folder;
  std::string at = "127.0.0.1:" + std::to_string(free_port());
  std::unique_ptr<child_process> process;

  program(const temporary_folder& f, const std::string& path, std::vector<std::string> flags) : folder{f} {
    flags.insert(flags.begin(),
                 {path, "--brokers", "embedded", "--http", at, "--state-dir", (folder / "state").string()});
    process = std::make_unique<child_process>(flags, folder / ("output-" + at.substr(at.find(':') + 1)));
  }
  bool answers(const std::string& target, const nlohmann::json& wanted) {
    return eventually(std::chrono::seconds{60}, [&] {
      const auto got = http_get(at, target);
      return got.status == 200 && nlohmann::json::parse(got.body, nullptr, false) == wanted;
    });
  }
  bool prints(const std::string& text) {
    return eventually(std::chrono::seconds{60}, [&] { return process->printed(text); });
  }
};

}  // namespace corka::test
