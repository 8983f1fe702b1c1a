// The untyped side of one record's processing: what a context<State> calls.
#pragma once

#include "kafka/record_batch.hpp"
#include "partition/commit_tracker.hpp"
#include "partition/send_ledger.hpp"
#include "table/overlay.hpp"

#include <corka/detail/record_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace corka::partition {

class joined_tables;
class partition_sender;

/// Serves one callback at a time; reused from record to record.
///
/// Life: owned by a scope_pool; `begin` and `end` around each callback. Strand: the partition's.
class record_scope final : public detail::record_context, public detail::delivery_source {
 public:
  /// `id`: by which reports find the scope; not 0.
  record_scope(partition_sender& out, joined_tables& beside, std::uint32_t id, corka::executor strand,
               const corka::logger& log);
  record_scope(const record_scope&) = delete;
  record_scope& operator=(const record_scope&) = delete;
  ~record_scope();

  /// `what` is record `index` of a batch with `keep`.
  /// `row` is null in stateless groups. `awaits`: the callback is a coroutine, which may ask for its deliveries.
  void begin(const corka::record& what, std::size_t index, const kafka::record_batch::holder* keep, std::uint16_t input,
             commit_tracker::slot slot, tables::row* row, bool awaits);
  void end();

  /// What became of a send of this scope.
  void settled(std::uint64_t tag, offset at, std::error_code failed);

  // record_context
  [[nodiscard]] std::optional<std::string_view> row() override;
  void set_row(std::string_view bytes, const emit_options& options) override;
  void erase_row(const emit_options& options) override;
  [[nodiscard]] std::optional<std::string_view> joined(const topic_name& table) override;
  [[nodiscard]] std::optional<std::string_view> looked_up(const topic_name& table, std::string_view key) override;
  [[nodiscard]] delivery emit(const topic_name& to, corka::partitioner by, detail::payload what,
                              const emit_options& options) override;
  [[nodiscard]] delivery emit_loop(std::type_index value_type, detail::payload what,
                                   const emit_options& options) override;
  [[nodiscard]] const std::vector<header_view>& headers() override;
  [[nodiscard]] corka::executor executor() const override { return strand_; }
  [[nodiscard]] const corka::logger& logger() const override { return *log_; }
  [[nodiscard]] std::chrono::nanoseconds now() const override;

  // delivery_source
  [[nodiscard]] task<record_position> acked(std::uint64_t index) override;

 private:
  struct awaited_send;

  /// What sends of this record are booked on.
  [[nodiscard]] origin from() const { return {input_, slot_, awaits_ ? id_ : 0, added_headers}; }

  partition_sender* out_;
  joined_tables* beside_;
  std::uint32_t id_;
  corka::executor strand_;
  const corka::logger* log_;

  const kafka::record_batch::holder* keep_ = nullptr;
  std::size_t index_ = 0;
  std::uint16_t input_ = 0;
  commit_tracker::slot slot_ = 0;
  tables::row* row_ = nullptr;
  bool awaits_ = false;
  bool headers_read_ = false;
  std::vector<header_view> headers_;
  std::vector<std::unique_ptr<awaited_send>> awaited_;
};

}  // namespace corka::partition
