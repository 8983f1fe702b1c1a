// One topic that a partition reads with a callback, and what it has taken from it.
#pragma once

#include "kafka/ports.hpp"
#include "partition/metrics.hpp"
#include "table/overlay.hpp"

#include <corka/declaration.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace corka::partition {

/// Strand: the partition's. Life: the partition's; `source` from the end of the recovery on.
struct intake {
  const input_edge* edge = nullptr;
  input_metrics* counts = nullptr;
  std::unique_ptr<kafka::record_source> source;

  kafka::record_batch batch;
  std::vector<tables::row*> rows;  ///< of the batch's records; null in stateless groups
  std::size_t next = 0;            ///< the first record of the batch that no callback was begun for

  [[nodiscard]] std::size_t left() const { return batch.records.size() - next; }

  /// Tells the status where the input stands.
  void refresh(offset processed) const {
    counts->processed = processed.value;
    // {0, 0} until the source has heard from the broker.
    if (source) counts->end = std::max(counts->end.load(), source->known_range().high.value);
  }
};

}  // namespace corka::partition
