#include "app/command_line.hpp"

#include "support/temporary_folder.hpp"

#include <corka/error.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace corka::app_parts {
namespace {

/// A command line with the flags of a program, as flights has them.
struct program {
  std::string data = "apps/flights/data";
  double rate = 50;
  std::int64_t partitions = 4;
  bool quiet = false;
  std::vector<std::string> only;
  command_line line{"flights", "Counts flights."};

  program() {
    ::unsetenv("CORKA_BROKERS");
    line.flag("--data", data, "Folder");
    line.flag("--rate", rate, "Flights per second");
    line.flag("--partitions", partitions, "Partitions");
    line.flag("--quiet", quiet, "Says less");
    line.flag("--only", only, "Parts");
  }
  /// The mistake, or "" where there is none.
  std::string mistake(const std::vector<std::string>& arguments) {
    const auto end = line.parse(arguments);
    if (!end) return "";
    CHECK(end->code == 2);
    return end->text;
  }
};

/// A config file that goes with the test.
struct config_file {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("corka_config_" + std::to_string(::getpid()) + ".toml");
  explicit config_file(const std::string& text) { std::ofstream{path} << text; }
  ~config_file() { std::filesystem::remove(path); }
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("command line: without flags there is the embedded broker, a page on loopback and the program's defaults") {
  program p;
  REQUIRE_FALSE(p.line.parse({}));
  const auto& found = p.line.found();
  CHECK(found.runtime.brokers == "embedded");
  CHECK(found.http == "127.0.0.1:8080");
  CHECK(found.runtime.store == "lmdb");
  CHECK(found.runtime.least == log_level::info);
  CHECK(found.runtime.kafka_properties.empty());
  CHECK(p.rate == 50);
  CHECK(p.only.empty());
}

TEST_CASE("command line: each flag sets what it names") {
  program p;
  REQUIRE_FALSE(p.line.parse({"--brokers",
                              "a:9092,b:9093",
                              "--http=0.0.0.0:80",
                              "--http-host",
                              "corka.local,c",
                              "--http-connections",
                              "100000",
                              "--advertise",
                              "node1:8080",
                              "--http-route",
                              "redirect",
                              "--ui-dir",
                              "web",
                              "--metrics-partitions",
                              "off",
                              "--state-dir",
                              "/x",
                              "--instance",
                              "two",
                              "--workers",
                              "3",
                              "--store",
                              "memory",
                              "--log-level",
                              "warn",
                              "--kafka",
                              "security.protocol=ssl",
                              "--kafka",
                              "sasl.password=a=b,c",
                              "--rate",
                              "0.5",
                              "--partitions",
                              "8",
                              "--quiet",
                              "--only",
                              "emit,planes",
                              "--only",
                              "carriers"}));
  const auto& found = p.line.found();
  CHECK(found.runtime.brokers == "a:9092,b:9093");
  CHECK(found.http == "0.0.0.0:80");
  CHECK(found.http_connections == 100'000);
  CHECK(found.advertise == "node1:8080");
  CHECK(found.http_redirects);
  CHECK(found.http_hosts == std::vector<std::string>{"corka.local", "c"});
  CHECK(found.ui_dir == "web");
  CHECK_FALSE(found.partition_metrics);
  CHECK(found.runtime.state_dir == "/x");
  CHECK(found.runtime.instance == "two");
  CHECK(found.runtime.workers == 3);
  CHECK(found.runtime.store == "memory");
  CHECK(found.runtime.least == log_level::warn);
  CHECK(found.runtime.kafka_properties.at("security.protocol") == "ssl");
  CHECK(found.runtime.kafka_properties.at("sasl.password") == "a=b,c");
  CHECK(p.rate == 0.5);
  CHECK(p.partitions == 8);
  CHECK(p.quiet);
  CHECK(p.only == std::vector<std::string>{"emit", "planes", "carriers"});
}

TEST_CASE("command line: --http off turns the server off") {
  program p;
  REQUIRE_FALSE(p.line.parse({"--http", "off"}));
  CHECK_FALSE(p.line.found().http);
}

TEST_CASE("command line: of a flag given twice the last one counts, and numbers may be negative") {
  program p;
  REQUIRE_FALSE(p.line.parse({"--rate", "1", "--rate", "-2", "--partitions", "-3"}));
  CHECK(p.rate == -2);
  CHECK(p.partitions == -3);
}

TEST_CASE("command line: the command line beats the file, the file beats the environment") {
  program p;
  ::setenv("CORKA_BROKERS", "env:9092", 1);
  const config_file file{
      "brokers = \"file:9092\"\nrate = 7\nonly = [\"emit\", \"planes\"]\nquiet = true\n"
      "kafka = [\"sasl.username=u\", \"sasl.password=p\"]\n"};
  REQUIRE_FALSE(p.line.parse({"--config", file.path.string(), "--rate", "9"}));
  CHECK(p.line.found().runtime.brokers == "file:9092");
  CHECK(p.rate == 9);
  CHECK(p.quiet);
  CHECK(p.only == std::vector<std::string>{"emit", "planes"});
  CHECK(p.line.found().runtime.kafka_properties.at("sasl.password") == "p");

  program without_file;
  ::setenv("CORKA_BROKERS", "env:9092", 1);
  REQUIRE_FALSE(without_file.line.parse({}));
  CHECK(without_file.line.found().runtime.brokers == "env:9092");
  ::unsetenv("CORKA_BROKERS");
}

TEST_CASE("command line: mistakes name the flag, what is wrong and the cure") {
  struct row {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<row> table{
      {{"--rat", "5"}, "flights: --rat: there is no such flag: did you mean --rate?"},
      {{"--unheard-of"}, "--unheard-of: there is no such flag\n"},
      {{"--rate", "fast"}, "--rate: 'fast' is not a number"},
      {{"--rate"}, "--rate: the value is missing: write it like --rate N"},
      {{"--partitions", "4.5"}, "--partitions: '4.5' is not a whole number"},
      {{"--workers", "5000"}, "--workers: '5000' is out of range: 0 to 1024 is possible"},
      {{"--http-connections", "0"}, "--http-connections: '0' is out of range: 1 to 100000 is possible"},
      {{"--http-connections", "100001"}, "--http-connections: '100001' is out of range: 1 to 100000 is possible"},
      {{"--http-connections", "many"}, "--http-connections: 'many' is not a whole number"},
      {{"--brokers", "a:9092,,b"},
       "--brokers: '' is not HOST:PORT: give a list like kafka1:9092,kafka2:9092, or 'embedded'"},
      {{"--brokers", "a:99999"}, "--brokers: 'a:99999' is not HOST:PORT"},
      {{"--store", "disk"}, "--store: 'disk' is unknown: choose one of lmdb, memory"},
      {{"--log-level", "loud"}, "--log-level: 'loud' is unknown: choose one of debug, info, warn, error, off"},
      {{"--http", "8080"}, "--http: HTTP address '8080': the port is missing"},
      {{"planes"}, "'planes' is no flag: flags begin with --"},
      {{"--config", "/no/such/file"}, "--config: '/no/such/file' cannot be read"},
  };
  for (const auto& [arguments, says] : table) {
    program p;
    const auto text = p.mistake(arguments);
    CAPTURE(text);
    CHECK(has(text, says));
    CHECK(has(text, "All flags: flights --help"));
  }
}

TEST_CASE("command line: a config file's sections, and what only the command line can say, are told as what they are") {
  for (const auto& [text, told] : std::vector<std::pair<std::string, std::string>>{
           {"[http]\nhost = \"a\"\n", "--config: [http] is a section"},
           {"help = true\n", "--config: 'help' cannot be set by a file"},
           {"config = \"other.toml\"\n", "--config: 'config' cannot be set by a file"}}) {
    program p;
    const config_file file{text};
    const auto mistake = p.mistake({"--config", file.path.string()});
    INFO(mistake);
    CHECK(has(mistake, told));
  }
}

TEST_CASE("command line: an empty list in a config file is no value") {
  for (const auto* name : {"rate", "brokers"}) {
    program p;
    const config_file file{std::string{name} + " = []\n"};
    const auto mistake = p.mistake({"--config", file.path.string()});
    CHECK_MESSAGE(has(mistake, "an empty list is no value: give one, or none"), mistake);
    CHECK_MESSAGE(has(mistake, name), mistake);
  }
}

TEST_CASE("command line: a config file with an unknown name is a mistake that shows the near miss") {
  program p;
  const config_file file{"broker = \"a:9092\"\n"};
  const auto text = p.mistake({"--config", file.path.string()});
  CAPTURE(text);
  CHECK(has(text, "--config: 'broker' is no setting: did you mean 'brokers'?"));
}

TEST_CASE("command line: no mistake repeats what may be a secret") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--kafka", "sasl.password:hunter2"},
                                                                     {"--kafka", "=hunter2"},
                                                                     {"--kafka", "sasl.password=", "hunter2"},
                                                                     {"--kafak=sasl.password=hunter2"},
                                                                     {"--kafka=sasl.password=", "hunter2"}}) {
    program p;
    const auto text = p.mistake(arguments);
    CAPTURE(text);
    CHECK_FALSE(text.empty());
    CHECK_FALSE(has(text, "hunter2"));
  }
}

TEST_CASE("command line: help shows the program's flags first, with defaults, within 100 columns") {
  program p;
  const auto end = p.line.parse({"--rate", "1", "--help"});
  REQUIRE(end);
  CHECK(end->code == 0);
  const auto& text = end->text;
  CAPTURE(text);
  CHECK(text.starts_with("Counts flights.\n\nUsage: flights [flags]\n"));
  CHECK(has(text, "  --rate N                Flights per second (50)\n"));
  CHECK(text.find("--rate") < text.find("--brokers"));
  for (const auto* flag : {"--http ", "--http-host", "--http-connections", "--http-token-file", "--advertise",
                           "--http-route", "--metrics-partitions", "--ui-dir", "--state-dir", "--instance", "--workers",
                           "--store", "--log-level", "--kafka", "--config"}) {
    CHECK_MESSAGE(has(text, std::string{"\n  "} + flag), flag);
  }
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto line_end = text.find('\n', begin);
    CHECK(line_end - begin <= 100);
    begin = line_end + 1;
  }
}

TEST_CASE("command line: a program's flag may not take a name of corka's, and begins with two dashes") {
  program p;
  CHECK_THROWS_WITH_AS(p.line.flag("--http", p.data, ""), "flag '--http' is there already: choose another name", error);
  CHECK_THROWS_AS(p.line.flag("rate2", p.data, ""), error);
}

TEST_CASE("command line: the token comes from a file, and is never repeated") {
  const test::temporary_folder folder;
  const auto file = (folder / "token").string();
  std::ofstream{file} << "open-sesame\n";
  program p;
  REQUIRE_FALSE(p.line.parse({"--http-token-file", file}));
  CHECK(p.line.found().http_token == "open-sesame");
  for (const auto* text : {"", "  \n", "two words"}) {
    std::ofstream{file, std::ios::trunc} << text;
    program bad;
    const auto end = bad.line.parse({"--http-token-file", file});
    REQUIRE(end);
    CHECK(end->code == 2);
    CHECK(end->text.find("words") == std::string::npos);
  }
  program missing;
  CHECK(missing.line.parse({"--http-token-file", file + "x"})->code == 2);
}

}  // namespace
}  // namespace corka::app_parts
