// The program's processors and views, as the HTTP endpoints see them.
#pragma once

#include "query/ports.hpp"

#include <corka/processor.hpp>
#include <corka/view.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace corka::app_parts {

/// Life: the processors and views outlive it. Threads: any. Errors: of `row`: what a codec throws for bytes that it
/// cannot show.
class processor_source final : public query::source {
 public:
  explicit processor_source(std::vector<const processor*> of, std::vector<const detail::basic_view*> views = {})
      : processors_{std::move(of)}, views_{std::move(views)} {}

  [[nodiscard]] std::vector<processor_status> processors() const override;
  [[nodiscard]] std::vector<view_status> views() const override;
  [[nodiscard]] std::vector<std::string> tables() const override;
  [[nodiscard]] task<std::optional<query::row_answer>> row(std::string table, std::string key) const override;
  [[nodiscard]] task<std::optional<query::rows_answer>> rows(std::string table, key_range which,
                                                             std::size_t limit) const override;

 private:
  std::vector<const processor*> processors_;
  std::vector<const detail::basic_view*> views_;
};

}  // namespace corka::app_parts
