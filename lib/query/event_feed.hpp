// Server-Sent Events for any number of clients out of one memory.
#pragma once

#include "async/event.hpp"

#include <corka/http/response.hpp>
#include <corka/task.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace corka::query {

/// "event: NAME\ndata: ...\n\n", with an id unless it is empty. `data` has no line break.
[[nodiscard]] std::string event_text(std::string_view name, std::string_view data, std::string_view id = {});

/// Publishes events once; each client reads on from where it is.
///
/// There is nothing per client but a number, so memory is bounded by what is kept here: the last `kept` events of those
/// that may not be missed, and the newest status. A client that falls behind that far is ended; its browser connects
/// again and is told that it has missed something. Strand: every member. Life: outlives its streams.
class event_feed {
 public:
  static constexpr std::size_t kept = 2'048;
  static constexpr std::size_t most_clients = 64;

  /// `boot` tells this run of the program from others, in ids.
  event_feed(executor ex, std::string boot) : news_{std::move(ex)}, boot_{std::move(boot)} {}

  /// An event that clients get, also later.
  void publish(std::string_view name, std::string_view data);
  /// Takes the place of the status before.
  void publish_status(std::string_view data);

  [[nodiscard]] std::size_t clients() const noexcept { return clients_; }
  [[nodiscard]] bool full() const noexcept { return clients_ + others_ >= most_clients; }
  /// Ends at once where it is full. Begins with `hello`, then writes what is new until the client has gone. `after`:
  /// the id of the last event that it has. `compressed`: as gzip; an event is compressed once, for all who want it so.
  [[nodiscard]] task<> stream(http::body_writer& to, std::optional<std::string> after, bool compressed = false);

 private:
  friend task<> streamed(event_feed& feed, task<> other);
  struct told {
    std::string text;
    std::string small{};  ///< compressed, once somebody wanted it so

    const std::string& as(bool compressed);
  };
  struct kept_event {
    std::uint64_t number;
    told what;
  };
  [[nodiscard]] std::string id_of(std::uint64_t number) const;
  /// The number in an id of this run, if everything after it is still here.
  [[nodiscard]] std::optional<std::uint64_t> known(const std::optional<std::string>& id) const;
  [[nodiscard]] std::uint64_t oldest() const { return events_.empty() ? last_ + 1 : events_.front().number; }

  async::event news_;
  std::string boot_;
  std::uint64_t last_ = 0;
  std::deque<kept_event> events_;
  told status_;
  std::uint64_t status_number_ = 0;
  std::size_t clients_ = 0;
  std::size_t others_ = 0;
};

/// Counts as one of the feed's clients while `other` runs, which streams something else. Not begun where it is full.
[[nodiscard]] task<> streamed(event_feed& feed, task<> other);

}  // namespace corka::query
