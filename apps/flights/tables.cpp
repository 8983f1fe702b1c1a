#include "tables.hpp"

#include "csv_file.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace flights {

namespace asio = boost::asio;

namespace {

using ends = std::vector<corka::offset_range>;

/// Emits the rows that an earlier run has not; what the topic holds then. As for flights: a partition's rows are
/// written in file order, so the number of records that it ever held says which are there.
template <class Row, class Read>
corka::task<ends> emit_file(corka::emitter<Row>& to, const std::filesystem::path& from,
                            std::vector<std::string> columns, Read read) {
  const auto written = co_await to.written();
  if (!std::filesystem::exists(from)) {
    // Flights are counted all the same.
    std::puts(("  there is no " + from.string() + ": nothing is added to the table " + to.topic().str()).c_str());
    to.stop();
    co_return written;
  }
  csv_file file{from, columns};
  const auto partitions = static_cast<std::int32_t>(written.size());
  std::vector<std::int64_t> seen(written.size());
  while (file.next()) {
    const auto& key = file.text(0);
    const auto p = static_cast<std::size_t>(corka::partition_of(key, partitions).value);
    if (++seen[p] <= written[p].high.value) continue;
    co_await to.ready();
    to.emit(key, read(file));
  }
  co_await to.flush();
  const auto now = co_await to.written();
  to.stop();
  co_return now;
}

bool has(const corka::copy_status& copy, const corka::topic_name& topic, const ends& all) {
  return copy.topic != topic.str() || copy.position >= all[static_cast<std::size_t>(copy.partition)].high;
}

/// Its copies of the table have everything. One that is still to be made will begin with that.
bool has_read(const corka::processor& reader, const corka::topic_name& topic, const ends& all) {
  const auto status = reader.status();
  if (status.state == corka::processor_state::starting) return false;
  for (const auto& partition : status.partitions) {
    for (const auto& copy : partition.joins) {
      if (!has(copy, topic, all)) return false;
    }
  }
  for (const auto& lookup : status.lookups) {
    for (const auto& copy : lookup.partitions) {
      if (!has(copy, topic, all)) return false;
    }
  }
  return true;
}

}  // namespace

corka::task<> emit_tables(corka::emitter<aircraft>& to_aircraft, corka::emitter<airline>& to_airlines,
                          std::string folder, std::vector<const corka::processor*> readers) {
  const std::filesystem::path data{folder};
  const auto an_aircraft = [](const csv_file& row) { return aircraft{row.text(1), row.text(2)}; };
  const auto an_airline = [](const csv_file& row) { return airline{row.text(1)}; };
  const auto aircraft_ends =
      co_await emit_file(to_aircraft, data / "planes.csv", {"tailnum", "manufacturer", "model"}, an_aircraft);
  const auto airline_ends = co_await emit_file(to_airlines, data / "airlines.csv", {"carrier", "name"}, an_airline);

  asio::steady_timer moment{co_await asio::this_coro::executor};
  for (const auto* reader : readers) {
    while (!has_read(*reader, all_aircraft.topic(), aircraft_ends) ||
           !has_read(*reader, all_airlines.topic(), airline_ends)) {
      moment.expires_after(std::chrono::milliseconds{20});
      co_await moment.async_wait(asio::use_awaitable);
    }
  }
}

}  // namespace flights
