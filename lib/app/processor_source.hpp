// The program's processors, as the HTTP endpoints see them.
#pragma once

#include "query/ports.hpp"

#include <corka/processor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace corka::app_parts {

/// Life: the processors outlive it. Threads: any. Errors: of `row`: what a codec throws for bytes that it cannot show.
class processor_source final : public query::source {
 public:
  explicit processor_source(std::vector<const processor*> of) : processors_{std::move(of)} {}

  [[nodiscard]] std::vector<processor_status> processors() const override;
  [[nodiscard]] std::vector<std::string> tables() const override;
  [[nodiscard]] task<std::optional<query::row_answer>> row(std::string table, std::string key) const override;

 private:
  std::vector<const processor*> processors_;
};

}  // namespace corka::app_parts
