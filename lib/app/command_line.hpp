// Reads flags, the environment and the config file.
#pragma once

#include "app/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::app_parts {

/// The flags of every app and the program's own; the same names in a TOML file given by --config. What is given on the
/// command line beats the file, the file beats the environment.
///
/// Life: `parse` once. Threads: none. Errors: as text for the user; values never appear where they could be secrets.
class command_line {
 public:
  /// Why there is nothing to run: help (code 0), or a mistake (code 2).
  struct ending {
    int code = 0;
    std::string text;
  };

  command_line(std::string program, std::string description);
  command_line(const command_line&) = delete;
  command_line& operator=(const command_line&) = delete;
  ~command_line();

  /// Flags of the program's own, before `parse`. The variables hold the defaults and outlive `parse`.
  /// @throws error{errc::invalid_option} for a name that is taken or does not begin with "--".
  void flag(const std::string& name, std::string& into, const std::string& help);
  void flag(const std::string& name, std::int64_t& into, const std::string& help);
  void flag(const std::string& name, double& into, const std::string& help);
  void flag(const std::string& name, bool& into, const std::string& help);
  void flag(const std::string& name, std::vector<std::string>& into, const std::string& help);

  /// `arguments` without the program's name. Nothing: go on.
  [[nodiscard]] std::optional<ending> parse(std::vector<std::string> arguments);
  /// How a mistake is told: "flights: --rate: ...", and where help is.
  [[nodiscard]] ending mistake(std::string_view what) const;
  [[nodiscard]] std::string help() const;
  [[nodiscard]] const settings& found() const noexcept;
  [[nodiscard]] const std::string& program() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka::app_parts
