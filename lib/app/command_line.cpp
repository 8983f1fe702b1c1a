#include "app/command_line.hpp"

#include "app/flag_values.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <utility>

namespace corka::app_parts {

namespace {

constexpr std::size_t text_column = 26;
constexpr std::size_t width = 100;

/// Appends `text`, broken into lines at spaces, each from `text_column` on.
void append_wrapped(std::string& into, std::string_view text) {
  std::size_t column = text_column;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (column > text_column && column + 1 + word.size() > width) {
      into += "\n" + std::string(text_column, ' ');
      column = text_column;
    } else if (column > text_column) {
      into += ' ';
      ++column;
    }
    into += word;
    column += word.size();
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  into += '\n';
}

}  // namespace

struct command_line::impl {
  /// What help says about a flag.
  struct line {
    std::string flag;  // "--rate N"
    std::string help;
    std::string standard;  // the default, if it says anything
  };

  std::string program;
  std::string description;
  settings found;
  CLI::App cli;
  std::vector<line> own;
  std::vector<line> common;
  bool defining_own = false;

  impl(std::string p, std::string d) : program{std::move(p)}, description{std::move(d)} {
    cli.set_help_flag("-h,--help");
    cli.allow_config_extras(CLI::config_extras_mode::error);
    define_common();
    defining_own = true;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all{"--help", "--config"};
    for (const auto* lines : {&own, &common}) {
      for (const auto& l : *lines) all.push_back(l.flag.substr(0, l.flag.find(' ')));
    }
    return all;
  }

  void describe(const std::string& name, std::string_view placeholder, const std::string& help, std::string standard) {
    auto flag = placeholder.empty() ? name : fmt::format("{} {}", name, placeholder);
    (defining_own ? own : common).push_back({std::move(flag), help, std::move(standard)});
  }

  template <class Define>
  CLI::Option* define(const std::string& name, Define how) {
    if (!name.starts_with("--") || name.size() < 3) {
      throw error{errc::invalid_option, fmt::format("flag '{}': its name must begin with --", name)};
    }
    try {
      return how();
    } catch (const CLI::OptionAlreadyAdded&) {
      throw error{errc::invalid_option, fmt::format("flag '{}' is there already: choose another name", name)};
    }
  }

  /// A flag with one value, which `set` checks and keeps.
  template <class Set>
  CLI::Option* value(const std::string& name, std::string_view placeholder, const std::string& help,
                     std::string standard, Set set) {
    const auto take = [name, set](const CLI::results_t& given) {
      // As "rate = []" in a file, which CLI11's own conversions do not look for.
      if (given.empty()) throw CLI::ValidationError{name, "an empty list is no value: give one, or none"};
      try {
        set(given.back());
      } catch (const unusable_value& e) { throw CLI::ValidationError{name, e.why}; }
      return true;
    };
    auto* made = define(name, [&] { return cli.add_option(name, CLI::callback_t{take}); });
    made->take_last();
    describe(name, placeholder, help, std::move(standard));
    return made;
  }

  /// A flag that may be given several times.
  template <class Set>
  CLI::Option* list(const std::string& name, std::string_view placeholder, const std::string& help,
                    std::string standard, Set set) {
    auto* made = define(name, [&] {
      return cli.add_option_function<std::vector<std::string>>(name, [name, set](const std::vector<std::string>& all) {
        try {
          set(all);
        } catch (const unusable_value& e) { throw CLI::ValidationError{name, e.why}; }
      });
    });
    made->allow_extra_args(false)->take_all();
    describe(name, placeholder, help, std::move(standard));
    return made;
  }

  void define_common();
  [[nodiscard]] std::string explain(const CLI::ParseError& e, const std::vector<std::string>& arguments) const;
  [[nodiscard]] std::string explain_extra(const std::vector<std::string>& arguments) const;
};

void command_line::impl::define_common() {
  auto& r = found.runtime;
  value("--brokers", "WHERE",
        "Kafka's HOST:PORT,...; or 'embedded': a broker in this process, its log in the state directory",
        r.brokers + ", or $CORKA_BROKERS", [&r](const std::string& t) { r.brokers = broker_list(t); })
      ->envname("CORKA_BROKERS");
  list("--kafka", "KEY=VALUE",
       "Property of librdkafka for all connections, such as security.protocol=ssl; may be repeated", "",
       [&r](const std::vector<std::string>& all) { r.kafka_properties = properties(all); });
  value("--http", "HOST:PORT", "Where the pages and the API are served; 'off': nowhere", *found.http,
        [this](const std::string& t) { found.http = http_address(t); });
  list("--http-host", "NAME",
       "Name besides localhost that clients may address the HTTP server by; '*': any; may be repeated", "",
       [this](const std::vector<std::string>& all) { found.http_hosts = all; })
      ->delimiter(',');
  value("--http-connections", "N",
        "HTTP connections at a time, 1 to 100000; one more takes the place of the one that has been idle longest",
        std::to_string(found.http_connections), [this](const std::string& t) {
          found.http_connections = static_cast<std::size_t>(whole_number(t, 1, 100'000));
        });
  value("--http-token-file", "FILE",
        "File with the token that actions have to be asked for with; without one nothing can be started by HTTP",
        "$CORKA_HTTP_TOKEN", [this](const std::string& t) { found.http_token = token_in(t); });
  if (const char* token = std::getenv("CORKA_HTTP_TOKEN"); token != nullptr && *token != '\0') found.http_token = token;
  value("--http-token-for", "WHAT",
        "What the token is needed for: 'actions', or 'all' but /healthz, /readyz and the dashboard's own files",
        "actions", [this](const std::string& t) { found.token_for_all = one_of(t, {"actions", "all"}) == "all"; });
  value("--http-cert", "FILE", "Certificate of the HTTP server (PEM, with those that vouch for it): it speaks TLS only",
        "", [this](const std::string& t) { found.http_certificate = t; });
  value("--http-key", "FILE", "The certificate's private key (PEM, without a password)", "",
        [this](const std::string& t) { found.http_key = t; });
  value("--http-ca", "FILE", "Certificates (PEM) by which this instance trusts others that speak TLS",
        "what the system trusts", [this](const std::string& t) { found.http_authorities = t; });
  value("--metrics-partitions", "on|off", "Whether /metrics has samples of single partitions, or their sums", "on",
        [this](const std::string& t) { found.partition_metrics = one_of(t, {"on", "off"}) == "on"; });
  value("--advertise", "HOST:PORT",
        "Where other instances of a group reach the HTTP server, so that any of them answers for all; port 0: the "
        "server's; 'off': nowhere. A server on loopback is reachable on this machine only and announces nothing "
        "by itself",
        "the address of --http, unless that is loopback",
        [this](const std::string& t) { found.advertise = advertised(t); });
  value("--http-route", "HOW",
        "What becomes of requests for rows that another instance has: 'proxy' gives them on, 'redirect' answers 307",
        "proxy",
        [this](const std::string& t) { found.http_redirects = one_of(t, {"proxy", "redirect"}) == "redirect"; });
  value("--ui-dir", "DIR", "Reads the dashboard's files from there at each request (web/ of corka's sources)", "",
        [this](const std::string& t) { found.ui_dir = t; });
  value("--state-dir", "DIR", "Where local copies of tables and the embedded broker's log live",
        "$CORKA_STATE_DIR, else ~/.local/state/corka", [&r](const std::string& t) { r.state_dir = t; });
  value("--instance", "NAME", "Keeps processes of one group apart that share a state directory", "",
        [&r](const std::string& t) { r.instance = t; });
  value("--store", "KIND", "Local copies: 'lmdb', or 'memory' for tables that may be read from Kafka at each start",
        r.store, [&r](const std::string& t) { r.store = one_of(t, {"lmdb", "memory"}); });
  value("--workers", "N", "Threads that process; 0: as many as the machine has", "",
        [&r](const std::string& t) { r.workers = static_cast<std::size_t>(whole_number(t, 0, 1024)); });
  value("--log-level", "LEVEL", "Least level of messages: debug, info, warn, error or off", "info",
        [&r](const std::string& t) { r.least = level(t); });
  cli.set_config("--config");
  describe("--config", "FILE", "Reads flags from a TOML file: brokers = \"kafka1:9092\"", "");
}

/// Tells what is unexpected. Words after --kafka are not repeated: one may be the rest of a secret.
std::string command_line::impl::explain_extra(const std::vector<std::string>& arguments) const {
  const auto extras = cli.remaining();
  const auto known = names();
  for (const auto& extra : extras) {
    const auto name = extra.substr(0, extra.find('='));
    if (name.starts_with("--")) {
      const auto close = near_miss(name, known);
      return fmt::format("{}: there is no such flag{}", name, close ? fmt::format(": did you mean {}?", *close) : "");
    }
  }
  const bool secret =
      std::any_of(arguments.begin(), arguments.end(), [](const auto& a) { return a.starts_with("--kafka"); });
  if (secret || extras.empty()) return "an argument is no flag: put values that have spaces in quotes";
  return fmt::format("'{}' is no flag: flags begin with --; put values that have spaces in quotes", extras.front());
}

/// The file that was named, as it was written.
std::string config_of(const std::vector<std::string>& arguments) {
  constexpr std::string_view flag = "--config";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].starts_with("--config=")) return arguments[i].substr(flag.size() + 1);
    if (arguments[i] == flag && i + 1 < arguments.size()) return arguments[i + 1];
  }
  return {};
}

std::string command_line::impl::explain(const CLI::ParseError& e, const std::vector<std::string>& arguments) const {
  if (dynamic_cast<const CLI::ValidationError*>(&e) != nullptr) return e.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&e) != nullptr) return explain_extra(arguments);
  if (dynamic_cast<const CLI::FileError*>(&e) != nullptr)
    return fmt::format("--config: '{}' cannot be read: check that it exists and is a file", config_of(arguments));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&e) != nullptr) {
    for (const auto* lines : {&own, &common}) {
      for (const auto& l : *lines) {
        const auto name = l.flag.substr(0, l.flag.find(' '));
        if (!arguments.empty() && arguments.back() == name)
          return fmt::format("{}: the value is missing: write it like {}", name, l.flag);
      }
    }
  }
  if (dynamic_cast<const CLI::ConfigError*>(&e) != nullptr) {
    // CLI11 says "... was not able to parse NAME" for a name that is no flag, with ".++" behind that of a section, and
    // "NAME: This option is not allowed in a configuration file".
    const std::string text = e.what();
    if (text.ends_with("not allowed in a configuration file"))
      return fmt::format("--config: '{}' cannot be set by a file", text.substr(0, text.find(':')));
    const auto name = "--" + text.substr(text.rfind(' ') + 1);
    if (name.ends_with(".++")) {
      return fmt::format("--config: [{}] is a section, and settings have none: write them at the top of the file",
                         name.substr(2, name.size() - 5));
    }
    const auto close = near_miss(name, names());
    return fmt::format("--config: '{}' is no setting{}", name.substr(2),
                       close ? fmt::format(": did you mean '{}'?", close->substr(2)) : "");
  }
  return e.what();
}

command_line::command_line(std::string program, std::string description)
    : impl_{std::make_unique<impl>(std::move(program), std::move(description))} {}

command_line::~command_line() = default;

void command_line::flag(const std::string& name, std::string& into, const std::string& help) {
  impl_->value(name, "TEXT", help, into, [&into](const std::string& t) { into = t; });
}

void command_line::flag(const std::string& name, std::int64_t& into, const std::string& help) {
  using any = std::numeric_limits<std::int64_t>;
  impl_->value(name, "N", help, std::to_string(into),
               [&into](const std::string& t) { into = whole_number(t, any::min(), any::max()); });
}

void command_line::flag(const std::string& name, double& into, const std::string& help) {
  impl_->value(name, "N", help, fmt::format("{}", into), [&into](const std::string& t) { into = number(t); });
}

void command_line::flag(const std::string& name, bool& into, const std::string& help) {
  impl_->define(name, [&] { return impl_->cli.add_flag(name, into); });
  impl_->describe(name, "", help, "");
}

void command_line::flag(const std::string& name, std::vector<std::string>& into, const std::string& help) {
  impl_
      ->list(name, "A,B", help, fmt::format("{}", fmt::join(into, ",")),
             [&into](const std::vector<std::string>& all) { into = all; })
      ->delimiter(',');
}

std::optional<command_line::ending> command_line::parse(std::vector<std::string> arguments) {
  auto reversed = arguments;  // as CLI11 wants them
  std::reverse(reversed.begin(), reversed.end());
  try {
    impl_->cli.parse(reversed);
  } catch (const CLI::CallForHelp&) { return ending{0, help()}; } catch (const CLI::ParseError& e) {
    return mistake(impl_->explain(e, arguments));
  }
  return std::nullopt;
}

command_line::ending command_line::mistake(std::string_view what) const {
  return {2, fmt::format("{}: {}\nAll flags: {} --help\n", impl_->program, what, impl_->program)};
}

std::string command_line::help() const {
  std::string text;
  if (!impl_->description.empty()) text += impl_->description + "\n\n";
  text += fmt::format("Usage: {} [flags]\n", impl_->program);
  const auto section = [&text](std::string_view title, const std::vector<impl::line>& lines) {
    if (lines.empty()) return;
    text += fmt::format("\n{}\n", title);
    for (const auto& l : lines) {
      auto left = "  " + l.flag;
      if (left.size() + 2 > text_column) left += "\n" + std::string(text_column, ' ');
      else left.resize(text_column, ' ');
      text += left;
      append_wrapped(text, l.standard.empty() ? l.help : fmt::format("{} ({})", l.help, l.standard));
    }
  };
  section(impl_->program, impl_->own);
  section("Where and how it runs", impl_->common);
  text += "\nThe first Ctrl-C (SIGINT or SIGTERM) stops in order, the second one at once.\n";
  return text;
}

const settings& command_line::found() const noexcept { return impl_->found; }
const std::string& command_line::program() const noexcept { return impl_->program; }

}  // namespace corka::app_parts
