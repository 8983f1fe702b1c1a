// The program's processors and views, as the HTTP endpoints see them.
#pragma once

#include "app/letter_reader.hpp"
#include "query/ports.hpp"

#include <corka/processor.hpp>
#include <corka/view.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::app_parts {

/// Life: the processors and views outlive it. Threads: any. Errors: of `row`: what a codec throws for bytes that it
/// cannot show.
class processor_source final : public query::source {
 public:
  processor_source(runtime_core& core, std::vector<const processor*> of,
                   std::vector<const detail::basic_view*> views = {}, std::string instance = {},
                   std::vector<query::settings_section> settings = {});

  [[nodiscard]] std::vector<processor_status> processors() const override;
  [[nodiscard]] std::vector<view_status> views() const override;
  [[nodiscard]] std::vector<std::string> tables() const override;
  [[nodiscard]] std::string instance() const override { return instance_; }
  [[nodiscard]] std::vector<query::settings_section> settings() const override { return settings_; }
  [[nodiscard]] task<query::dead_letters_page> dead_letters(
      std::string topic, std::size_t limit, std::map<std::int32_t, std::int64_t> before) const override {
    return letters_.read(std::move(topic), limit, std::move(before));
  }
  [[nodiscard]] task<std::optional<query::row_answer>> row(std::string table, std::string key) const override;
  [[nodiscard]] std::optional<query::row_answer> row_at_once(const std::string& table,
                                                             std::string_view key) const override;
  [[nodiscard]] task<std::optional<query::row_copy>> copied_row(std::string table, std::string key) const override;
  [[nodiscard]] task<std::optional<query::rows_answer>> rows(std::string table, key_range which,
                                                             std::size_t limit) const override;

 private:
  std::vector<const processor*> processors_;
  std::vector<const detail::basic_view*> views_;
  std::string instance_;
  std::vector<query::settings_section> settings_;
  mutable letter_reader letters_;  // counts who reads
};

}  // namespace corka::app_parts
