// Where corka's messages go.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace corka {

enum class log_level { debug, info, warn, error, off };

/// Receives finished messages, from any thread, one call a message. Must not throw.
using log_sink = std::function<void(log_level level, std::string_view component, std::string_view message)>;

/// A named source of messages.
///
/// Life: cheap to copy; copies share the sink. Threads: safe. Errors: none.
class logger {
 public:
  /// A logger that drops everything.
  logger() = default;
  logger(std::shared_ptr<const log_sink> sink, log_level least, std::string component)
      : sink_{std::move(sink)}, least_{least}, component_{std::move(component)} {}

  /// The same sink and level under another name, as in "planes/3".
  [[nodiscard]] logger named(std::string component) const { return {sink_, least_, std::move(component)}; }
  [[nodiscard]] bool enabled(log_level level) const { return sink_ && *sink_ && level >= least_; }

  void write(log_level level, std::string_view message) const {
    if (enabled(level)) (*sink_)(level, component_, message);
  }
  void debug(std::string_view message) const { write(log_level::debug, message); }
  void info(std::string_view message) const { write(log_level::info, message); }
  void warn(std::string_view message) const { write(log_level::warn, message); }
  void error(std::string_view message) const { write(log_level::error, message); }

 private:
  std::shared_ptr<const log_sink> sink_;
  log_level least_ = log_level::info;
  std::string component_;
};

/// Lines on standard error: time, level, component, message. Coloured on a terminal.
[[nodiscard]] log_sink stderr_sink();

}  // namespace corka
