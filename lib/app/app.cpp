#include <corka/app.hpp>
#include <corka/error.hpp>

#include "app/actions.hpp"
#include "app/banner.hpp"
#include "app/command_line.hpp"
#include "app/descriptors.hpp"
#include "app/effective_settings.hpp"
#include "app/peers.hpp"
#include "app/processor_source.hpp"
#include "app/service_set.hpp"
#include "app/stop_signals.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "http/listener.hpp"
#include "http/tls.hpp"
#include "processor/runtime_core.hpp"
#include "query/access.hpp"
#include "query/action_routes.hpp"
#include "query/cluster_actions.hpp"
#include "query/monitor.hpp"
#include "query/rebalance_watch.hpp"
#include "query/routes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace corka {

namespace {

void say(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

[[noreturn]] void end(const app_parts::command_line::ending& why) {
  say(why.code == 0 ? stdout : stderr, why.text);
  std::exit(why.code);
}

/// How long actions may take to end: as long as partitions.
std::chrono::milliseconds patience_of(const std::vector<processor*>& members) {
  auto longest = processor_options{}.revoke_deadline;
  for (const auto* p : members) longest = std::max(longest, p->options().revoke_deadline);
  return longest;
}

}  // namespace

struct app::impl {
  impl(int argc, char** argv, std::string description)
      : line{argc > 0 ? std::filesystem::path{argv[0]}.filename().string() : "app", std::move(description)},
        arguments{argv + std::min(argc, 1), argv + argc} {}

  app_parts::command_line line;
  std::vector<std::string> arguments;
  bool parsed = false;
  struct own_route {
    std::string method;
    std::string pattern;
    http::handler answer;
  };
  std::vector<own_route> own_routes;
  std::vector<query::action> own_actions;
  std::shared_ptr<store::store_factory> own_stores;
  std::string url;

  void parse() {
    if (std::exchange(parsed, true)) return;
    if (const auto why = line.parse(arguments)) end(*why);
  }

  void add_own(http::router& to) const;
  int run(const std::vector<service*>& services);
  task<std::size_t> serve(runtime& on, app_parts::service_set& all, const std::vector<service*>& services,
                          query::event_log& happened);
};

void app::impl::add_own(http::router& to) const {
  for (const auto& own : own_routes) {
    try {
      to.add(own.method, own.pattern, own.answer);
    } catch (const std::invalid_argument& e) {
      throw error{errc::invalid_option, fmt::format("app::route: {}: give it another pattern", e.what())};
    }
  }
}

int app::impl::run(const std::vector<service*>& services) {
  system_clock wall;
  query::event_log happened{wall};
  auto options = line.found().runtime;
  options.log = happened.tee(options.log ? options.log : stderr_sink());
  options.stores = own_stores;
  runtime on{std::move(options)};
  app_parts::service_set all{services};
  std::atomic<bool> told{false};
  const app_parts::stop_signals signals{[&](int) {
    told = true;
    say(stdout, fmt::format("{}: stopping; once more ends it at once\n", line.program()));
    all.stop();
  }};
  const auto began = on.core().threads->time().now();
  std::size_t failures = 0;
  const auto main = [](impl& my, runtime& r, app_parts::service_set& a, const std::vector<service*>& s,
                       query::event_log& h, std::size_t& f) -> task<> { f = co_await my.serve(r, a, s, h); };
  on.run(main(*this, on, all, services, happened, failures));
  const auto took = on.core().threads->time().now() - began;
  say(failures > 0 ? stderr : stdout, app_parts::closing(line.program(), told, failures, took));
  return failures > 0 ? 1 : 0;
}

task<std::size_t> app::impl::serve(runtime& on, app_parts::service_set& all, const std::vector<service*>& services,
                                   query::event_log& happened) {
  const auto here = co_await boost::asio::this_coro::executor;
  const auto& flags = line.found();
  auto& core = on.core();

  std::vector<const processor*> processors;
  std::vector<processor*> members;
  std::vector<const detail::basic_view*> views;
  for (auto* s : services) {
    if (auto* p = dynamic_cast<processor*>(s)) members.push_back(p);
    if (const auto* p = dynamic_cast<const processor*>(s)) processors.push_back(p);
    if (const auto* v = dynamic_cast<const detail::basic_view*>(s)) views.push_back(v);
  }
  const app_parts::processor_source source{on.core(), processors, std::move(views), app_parts::identity_of(flags),
                                           app_parts::settings_of(flags, core.state_dir)};
  query::monitor monitor{here, core.threads->time(), source, happened};
  http::router routes;
  app_parts::check_security(flags);
  query::access who{flags.http_token,
                    flags.token_for_all ? query::access::needed::everything : query::access::needed::actions,
                    core.threads->time()};
  app_parts::peers peers{here, core, source, routes, std::move(processors), flags, who, on.log()};
  query::route_all(routes, source, monitor,
                   {.ui_dir = flags.ui_dir, .partition_metrics = flags.partition_metrics, .across = &peers.across()});
  query::rebalance_watch moves{here, core.threads->time(), source, peers.across().maps(), monitor.why()};
  query::action_board actions{here, core.threads->time(), happened};
  for (auto& a : app_parts::actions_of(members, on)) actions.add(std::move(a));
  for (const auto& a : own_actions) actions.add(a);
  query::route_actions(routes, actions, who);
  query::route_cluster_actions(routes, peers.across(), who);
  add_own(routes);
  std::optional<http::listener> server;
  async::task_group serving{here};
  if (!flags.http && flags.advertise && !flags.advertise->empty())
    throw error{errc::invalid_option, "--advertise: there is no HTTP server to announce, as --http is off"};
  if (flags.http) {
    http::listener_options options;
    options.address = *flags.http;
    options.hosts = app_parts::host_names(flags);
    // As many as there are by default fit into the usual limits, or nobody has asked for more.
    if (flags.http_connections > options.bounds.connections) app_parts::allow_files_for(flags.http_connections);
    options.bounds.connections = flags.http_connections;
    if (flags.token_for_all) {
      options.admit = [&who](const http::request& r) { return who.admit(r); };
      options.admit_whole = [&who](const http::request& r) { return who.admit_whole(r); };
    }
    if (!flags.http_certificate.empty()) options.tls = http::tls_files{flags.http_certificate, flags.http_key};
    server.emplace(here, core.threads->time(), routes, std::move(options), on.log().named("http"));
    try {
      server->open();
    } catch (const error& e) {
      throw error{e.kind(), fmt::format("--http: {}, or turn it off by --http off", e.what())};
    }
    url = server->url();
    peers.announce(server->port());
    serving.spawn(server->run());
    serving.spawn(monitor.run());
    serving.spawn(moves.run());
  }
  app_parts::surroundings at;
  at.program = line.program();
  at.brokers = core.cluster->name();
  at.state_dir = core.state_dir.string();
  at.url = url;
  at.tables = source.tables();
  say(stdout, app_parts::opening(at, services));

  const auto failures = co_await all.run(on, on.log().named(line.program()));
  if (server) server->stop();
  monitor.stop();
  moves.stop();
  const auto deaf = co_await actions.close(patience_of(members));
  if (!deaf.empty()) {
    // Services have ended in order; nothing that is kept is open any more.
    const auto text = fmt::format(
        "{}: {} took no notice of the end, and is cut off: let actions end when stop() is requested of them, or when "
        "their coroutine is cancelled\n",
        line.program(), fmt::join(deaf, ", "));
    say(stderr, text);
    std::_Exit(1);
  }
  co_await serving.join();
  co_await peers.across().stop();
  co_return failures;
}

app::app(int argc, char** argv, std::string description)
    : impl_{std::make_unique<impl>(argc, argv, std::move(description))} {}
app::~app() = default;

app& app::flag(const std::string& name, std::string& into, const std::string& help) {
  impl_->line.flag(name, into, help);
  return *this;
}
app& app::flag(const std::string& name, std::int64_t& into, const std::string& help) {
  impl_->line.flag(name, into, help);
  return *this;
}
app& app::flag(const std::string& name, double& into, const std::string& help) {
  impl_->line.flag(name, into, help);
  return *this;
}
app& app::flag(const std::string& name, bool& into, const std::string& help) {
  impl_->line.flag(name, into, help);
  return *this;
}
app& app::flag(const std::string& name, std::vector<std::string>& into, const std::string& help) {
  impl_->line.flag(name, into, help);
  return *this;
}

app& app::route(std::string method, std::string pattern, http::handler answer) {
  impl_->own_routes.push_back({std::move(method), std::move(pattern), std::move(answer)});
  return *this;
}

app& app::action(const std::string& name, const std::string& help, action_body body) {
  auto& all = impl_->own_actions;
  query::action a;
  a.id = "user:" + name;
  if (std::ranges::find(all, a.id, &query::action::id) != all.end()) {
    throw error{errc::invalid_option, fmt::format("app::action: '{}' is there already: choose another name", name)};
  }
  a.name = name;
  a.help = help;
  a.takes = "JSON";
  a.body = std::move(body);
  all.push_back(std::move(a));
  return *this;
}

app& app::stores(std::shared_ptr<store::store_factory> own) {
  impl_->own_stores = std::move(own);
  return *this;
}

app& app::parse() {
  impl_->parse();
  return *this;
}

void app::refuse(const std::string& flag, const std::string& why) const { end(impl_->line.mistake(flag + ": " + why)); }

bool app::embedded() const {
  impl_->parse();
  return impl_->line.found().runtime.brokers == "embedded";
}

processor_options app::defaults() const {
  processor_options made;
  if (embedded()) made.create_topics = topic_creation::all;
  return made;
}

const std::string& app::url() const { return impl_->url; }

int app::run_all(const std::vector<service*>& services) {
  impl_->parse();
  try {
    if (const auto missing = std::ranges::find(services, nullptr); missing != services.end()) {
      throw error{errc::invalid_option, fmt::format("app::run_all: service {} of {} is null: leave it out",
                                                    missing - services.begin() + 1, services.size())};
    }
    return impl_->run(services);
  } catch (const error& e) {
    if (e.kind() == errc::invalid_option) {
      const auto mistake = impl_->line.mistake(e.what());
      say(stderr, mistake.text);
      return mistake.code;
    }
    say(stderr, fmt::format("{}: {}\n", impl_->line.program(), e.what()));
  } catch (const std::exception& e) { say(stderr, fmt::format("{}: {}\n", impl_->line.program(), e.what())); }
  return 1;
}

}  // namespace corka
