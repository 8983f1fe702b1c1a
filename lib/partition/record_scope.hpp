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
class record_scope : public detail::record_context, public detail::delivery_source {
 public:
  /// `id`: by which reports find the scope; not 0.
  record_scope(partition_sender& out, joined_tables& beside, std::uint32_t id, corka::executor strand,
               const corka::logger& log);
  record_scope(const record_scope&) = delete;
  record_scope& operator=(const record_scope&) = delete;
  virtual ~record_scope();

  /// `what` is record `index` of a batch with `keep`.
  /// `row` is null in stateless groups. `awaits`: the callback is a coroutine, which may ask for its deliveries.
  void begin(const corka::record& what, std::size_t index, const kafka::record_batch::holder* keep, std::uint16_t input,
             commit_tracker::slot slot, tables::row* row, bool awaits);
  /// The callback has ended, whichever way, and nothing of it is tried again.
  virtual void end();
  /// Lets go what was kept back.
  virtual void publish() {}
  /// The callback failed: drops what was kept back, and what it deferred.
  virtual void discard();
  /// Whether its callback deferred anything that counts.
  [[nodiscard]] bool defers() const { return deferrals_ > 0; }
  /// What sends of this record are booked on.
  [[nodiscard]] origin from() const { return {input_, slot_, awaits_ ? id_ : 0, added_headers}; }

  /// Why a delivery that the callback awaited failed, where it may succeed another time.
  [[nodiscard]] std::error_code lost_for_now() const;
  /// What became of a send of this scope. False: its callback has ended.
  bool settled(std::uint64_t tag, offset at, std::error_code failed);

  // record_context
  [[nodiscard]] std::optional<std::string_view> row() override;
  void set_row(std::string_view bytes, const emit_options& options) override;
  void erase_row(const emit_options& options) override;
  [[nodiscard]] std::optional<std::string_view> begin_change() override;
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
  [[nodiscard]] deferred defer() override;

  // delivery_source
  [[nodiscard]] task<record_position> acked(std::uint64_t index) override;

 protected:
  [[nodiscard]] partition_sender& out() { return *out_; }
  [[nodiscard]] tables::row* table_row() { return row_; }
  /// The callback may wait for this send.
  std::uint64_t sent(std::uint64_t tag);

 private:
  struct awaited_send;

  /// Effects are kept back until `publish`.
  [[nodiscard]] virtual bool journals() const { return false; }
  void close_awaited();

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
  std::vector<std::uint64_t> deferred_;  // tags of handles that count once the callback has returned
  std::size_t deferrals_ = 0;
};

}  // namespace corka::partition
