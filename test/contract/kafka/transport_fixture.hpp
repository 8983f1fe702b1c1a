// What the transport contract needs of a transport under test.
#pragma once

#include "base/clock.hpp"
#include "kafka/ports.hpp"

#include <corka/ids.hpp>
#include <corka/task.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace corka::test {

/// A cluster, one strand, and a way to let time pass. Everything runs on the test's own thread, inside `run` and
/// `eventually`: what a test calls between them is called on the control strand.
///
/// Life: one a test case; outlives everything made of its cluster.
class transport_fixture {
 public:
  transport_fixture() = default;
  transport_fixture(const transport_fixture&) = delete;
  transport_fixture& operator=(const transport_fixture&) = delete;
  virtual ~transport_fixture() = default;

  [[nodiscard]] virtual kafka::cluster& cluster() = 0;
  [[nodiscard]] virtual executor control() = 0;
  [[nodiscard]] virtual clock& time() = 0;

  /// Runs `t` to its end; throws what it throws.
  virtual void run(task<> t) = 0;
  /// Starts `t`, which goes on whenever something else runs. It does not throw.
  virtual void start(task<> t) = 0;
  /// Lets time pass, in small steps, until the answer is true; false: it is not after `patience`.
  [[nodiscard]] virtual bool eventually(std::function<bool()> is_so,
                                        std::chrono::milliseconds patience = std::chrono::seconds{60}) = 0;
  /// Compacts a topic that is set up for it; false: that cannot be had here.
  [[nodiscard]] virtual bool compact(const topic_name& topic) = 0;
  /// Ends a member as its process's death would: nothing is sent any more.
  virtual void kill(std::unique_ptr<kafka::member> m) = 0;
  /// The least a session may last.
  [[nodiscard]] virtual std::chrono::milliseconds shortest_session() const = 0;

  /// A name that no other test has.
  [[nodiscard]] virtual std::string unique(const std::string& stem) = 0;
};

/// The transport under test: each test program links one definition.
[[nodiscard]] std::unique_ptr<transport_fixture> make_transport();

}  // namespace corka::test
