// A record scope whose effects wait for the end of the callback.
#pragma once

#include "kafka/ports.hpp"
#include "partition/record_scope.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace corka::partition {

/// For groups whose failure policy may call again, skip or put aside: writes and emits are kept here until `publish`,
/// and dropped by `discard`. Awaiting an acknowledgement publishes first: what has been awaited has happened.
class journaled_scope final : public record_scope {
 public:
  using record_scope::record_scope;

  void publish() override;
  void discard() override;
  void end() override;

  [[nodiscard]] std::optional<std::string_view> row() override;
  void set_row(std::string_view bytes, const emit_options& options) override;
  void erase_row(const emit_options& options) override;
  [[nodiscard]] delivery emit(const topic_name& to, corka::partitioner by, detail::payload what,
                              const emit_options& options) override;
  [[nodiscard]] delivery emit_loop(std::type_index value_type, detail::payload what,
                                   const emit_options& options) override;
  [[nodiscard]] task<record_position> acked(std::uint64_t index) override;

 private:
  struct written_row {
    std::optional<std::string> value;
    emit_options options;
  };
  struct written_record {
    const kafka::output_topic* to = nullptr;
    corka::partitioner by{};
    std::string key;
    std::optional<std::string> value;
    emit_options options;
    std::uint64_t tag = 0;
  };
  [[nodiscard]] bool journals() const override { return true; }
  [[nodiscard]] delivery keep(const kafka::output_topic& to, corka::partitioner by, const detail::payload& what,
                              const emit_options& options);

  std::optional<written_row> row_written_;
  std::vector<written_record> written_;
  std::size_t published_ = 0;  // of `written_`
};

}  // namespace corka::partition
