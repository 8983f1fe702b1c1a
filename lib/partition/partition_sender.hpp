// What a partition writes, and what became of it.
#pragma once

#include "partition/commit_tracker.hpp"
#include "partition/deferred_book.hpp"
#include "partition/delivery_inbox.hpp"
#include "partition/environment.hpp"
#include "partition/metrics.hpp"
#include "partition/send_ledger.hpp"
#include "table/changelog_cut.hpp"
#include "table/overlay.hpp"

#include <corka/delivery.hpp>
#include <corka/detail/record_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <typeindex>
#include <vector>

namespace corka::partition {

class scope_pool;

/// A send, or a deferred record, that failed.
struct failed_send {
  origin from;
  sent_for purpose = sent_for::output;
  std::string why;
  std::error_code failed{};  ///< of a delivery
};

/// Sends emits and changelog writes of one partition and books their acknowledgements.
///
/// Strand: the partition's. Life: detached from the producer on destruction; reports that come later are dropped.
class partition_sender {
 public:
  partition_sender(const environment& env, partition_id number, std::vector<commit_tracker>& trackers, metrics& counts,
                   async::signal::notifier wake);
  partition_sender(const partition_sender&) = delete;
  partition_sender& operator=(const partition_sender&) = delete;
  ~partition_sender();

  /// Writes the row to overlay and changelog; a null value erases it.
  std::uint64_t change(const origin& from, tables::row& r, std::optional<std::string_view> value,
                       const emit_options& options);
  std::uint64_t emit(const origin& from, const topic_name& to, partitioner by, const detail::payload& what,
                     const emit_options& options);
  std::uint64_t emit_loop(const origin& from, std::type_index value_type, const detail::payload& what,
                          const emit_options& options);
  std::uint64_t send_payload(const origin& from, const kafka::output_topic& to, partitioner by,
                             const detail::payload& what, const emit_options& options);
  void send_letter(const origin& from, const kafka::output_topic& to, const kafka::outgoing& what) {
    send(from, to, what, sent_for::dead_letter);
  }

  struct loop_output {
    const kafka::output_topic& topic;
    partitioner by;
  };
  /// @throws error{errc::not_declared}.
  [[nodiscard]] const kafka::output_topic& output(const topic_name& to) const;
  [[nodiscard]] loop_output loop(std::type_index value_type) const;

  // Deferred records; see deferred_book.
  [[nodiscard]] deferred_book::opened defer(const origin& from, const topic_name& topic, const record& what,
                                            bool running);
  void callback_ended(std::uint64_t deferred);
  void forget_deferred(std::uint64_t deferred);
  [[nodiscard]] const deferred_book& deferrals() const { return deferred_; }

  /// Books what was reported since the last call, and returns what failed; its records stay undone.
  [[nodiscard]] std::vector<failed_send> take_reports(scope_pool& scopes);
  /// A failure that was kept for a callback which did not ask; `take_reports` returns it.
  void lost(failed_send what);
  /// A failed send that its record does not wait for.
  void forgive(const origin& from) { trackers_[from.input].acked(from.slot); }

  /// More is under way than the options allow: start no new callback before `take_reports` made room.
  [[nodiscard]] bool congested() const;
  /// Sends that are not acknowledged, and deferred records.
  [[nodiscard]] std::size_t outstanding() const { return ledger_.outstanding() + deferred_.size(); }

  [[nodiscard]] clock& time() const { return env_.threads->time(); }

  // The table's side. Only in stateful groups.
  [[nodiscard]] tables::overlay& rows() { return rows_; }
  [[nodiscard]] const tables::overlay& rows() const { return rows_; }
  /// Where the changelog goes on once the table is recovered.
  void table_recovered(offset changelog) { cut_ = tables::changelog_cut{changelog}; }
  [[nodiscard]] tables::frozen_rows cut();
  [[nodiscard]] tables::changelog_cut& changelog() { return cut_; }

 private:
  std::uint64_t send(const origin& from, const kafka::output_topic& to, const kafka::outgoing& what, sent_for purpose);
  /// Headers and timestamp; the views live until the next call.
  void add_options(kafka::outgoing& what, std::span<const header> added, const emit_options& options);

  const environment& env_;
  partition_id number_;
  std::vector<commit_tracker>& trackers_;
  metrics& counts_;
  async::signal::notifier wake_;
  std::shared_ptr<delivery_inbox> inbox_;
  deferred_book deferred_;
  // Its own: what was posted to the partition's strand may let go of it last, when the session is gone.
  std::shared_ptr<kafka::producer> producer_;
  kafka::sink_id sink_;
  send_ledger ledger_;
  tables::overlay rows_;
  tables::changelog_cut cut_{offset{0}};
  const kafka::output_topic* table_ = nullptr;
  std::vector<const kafka::output_topic*> targets_;  // of counts_.outputs
  std::vector<kafka::delivery_report> reports_;
  std::vector<failed_send> failed_;
  std::vector<header_view> headers_;
  void settle(const deferred_book::ended& what);
  void show_under_way();

  ack_probe probe_;
};

}  // namespace corka::partition
