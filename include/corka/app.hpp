// A whole program around processors: flags, config file, signals, logs, the HTTP server.
#pragma once

#include <corka/action.hpp>
#include <corka/detail/borrows.hpp>
#include <corka/http/router.hpp>
#include <corka/processor.hpp>
#include <corka/runtime.hpp>
#include <corka/service.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace corka {

/// A coroutine of the user's as a service.
class job final : public service {
 public:
  /// `body` runs when the app runs; `stop` cancels it (terminal).
  explicit job(std::function<task<>(runtime&)> body);
  ~job() override;
  [[nodiscard]] task<> run(runtime& on) override;
  void stop() noexcept override;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

/// Runs services until one fails, all have ended, or the program is told to stop.
///
/// Flags: --brokers, --http, --http-host, --http-connections, --http-token-file, --http-token-for, --http-cert,
/// --http-key, --http-ca,
/// --advertise, --http-route, --metrics-partitions, --ui-dir, --state-dir, --instance, --workers, --store, --log-level,
/// --kafka KEY=VALUE, --config FILE (the same names, TOML),
/// --help; the program's own by `flag`. SIGINT and SIGTERM stop all services and wait for them; a second one ends the
/// process at once. Exit codes: 0 stopped or done; 1 a service failed; 2 unusable flags.
class app {
 public:
  app(int argc, char** argv, std::string description = {});
  app(const app&) = delete;
  app& operator=(const app&) = delete;
  ~app();

  /// Adds a flag of the program's own ("--rate"); `into` keeps its value when the flag is not given.
  app& flag(const std::string& name, std::string& into, const std::string& help);
  app& flag(const std::string& name, std::int64_t& into, const std::string& help);
  app& flag(const std::string& name, double& into, const std::string& help);
  app& flag(const std::string& name, bool& into, const std::string& help);
  /// May be repeated; commas separate too.
  app& flag(const std::string& name, std::vector<std::string>& into, const std::string& help);

  /// Reads the flags, so that `flag` variables can be used before `run`; prints help or the mistake and exits the
  /// process if there is nothing to run. `run` calls it if it was not.
  app& parse();
  /// Tells why a flag's value cannot be used ("it is negative: 0 or more is possible"), and ends the process with 2.
  [[noreturn]] void refuse(const std::string& flag, const std::string& why) const;

  /// Local copies are kept by a store of the program's own (<corka/store.hpp>); --store is not looked at then.
  app& stores(std::shared_ptr<store::store_factory> own);

  /// Options for processors that depend on flags: with the embedded broker missing topics are all made.
  [[nodiscard]] processor_options defaults() const;
  [[nodiscard]] bool embedded() const;
  /// "http://127.0.0.1:8080/", for services while they run; empty without a server.
  [[nodiscard]] const std::string& url() const;

  /// Adds pages or an API of the program's own to the HTTP server, beside corka's (`/`, `/api/v1/...`, `/metrics`,
  /// `/healthz`, `/readyz`). Handlers run on worker 0; what they throw is answered 500. What changes something (POST,
  /// PUT, DELETE) is refused where a page of another site made a browser send it. Patterns: http::router.
  /// @throws error{errc::invalid_option} for a pattern that is malformed or taken, when the app runs.
  app& route(std::string method, std::string pattern, http::handler answer);
  /// The same, which sees what a handler takes.
  template <class F>
    requires std::convertible_to<F, http::handler> && (!std::same_as<F, http::handler>)
  app& route(std::string method, std::string pattern, F answer) {
    static_assert(!detail::borrows<0, F, http::request>(),
                  "a handler takes http::request itself: a reference would be to nothing when the coroutine begins");
    return route(std::move(method), std::move(pattern), http::handler{std::move(answer)});
  }

  /// Adds something that people can start by HTTP (POST /api/v1/actions/runs) with the program's token
  /// (--http-token-file): "user:NAME". Visitors and replays of dead letters are there without it.
  /// @throws error{errc::invalid_option} for a name that is taken.
  app& action(const std::string& name, const std::string& help, action_body body);
  /// The same, which sees what a body takes.
  template <class F>
    requires std::convertible_to<F, action_body> && (!std::same_as<F, action_body>)
  app& action(const std::string& name, const std::string& help, F body) {
    static_assert(!detail::borrows<1, F, action_run, std::string>(),
                  "an action's body takes its input itself: a reference would be to nothing when the coroutine begins");
    return action(name, help, action_body{std::move(body)});
  }

  /// Runs services to the end; processors and views are shown by the HTTP server.
  template <class... Services>
  int run(Services&&... services) {
    static_assert((std::derived_from<std::remove_reference_t<Services>, service> && ...),
                  "corka: an app runs services: a group by a processor, a coroutine by a job, or emitters and views");
    return run_all({static_cast<service*>(&services)...});
  }
  int run_all(const std::vector<service*>& services);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace corka
