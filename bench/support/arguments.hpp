// "--name value" pairs of a bench program.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace bench {

/// Ends the program with a message on anything that is not known.
class arguments {
 public:
  arguments(int argc, char** argv, std::map<std::string, std::string> defaults) : values_{std::move(defaults)} {
    for (int i = 1; i < argc; i += 2) {
      const std::string name{argv[i]};
      if (!values_.contains(name) || i + 1 == argc) usage(argv[0], name);
      values_[name] = argv[i + 1];
    }
  }

  [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
  [[nodiscard]] std::uint64_t number(const std::string& name) const { return std::stoull(values_.at(name)); }

 private:
  [[noreturn]] void usage(const char* program, const std::string& wrong) const {
    std::fprintf(stderr, "%s: unknown or incomplete: %s\n", program, wrong.c_str());
    for (const auto& [name, value] : values_) std::fprintf(stderr, "  %s (%s)\n", name.c_str(), value.c_str());
    std::exit(2);
  }

  std::map<std::string, std::string> values_;
};

}  // namespace bench
