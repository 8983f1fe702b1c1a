// Instances of one program whose HTTP servers hand each other requests without a network.
#pragma once

#include "app/group_directory.hpp"
#include "app/processor_source.hpp"
#include "async/task_group.hpp"
#include "query/across_instances.hpp"
#include "query/action_board.hpp"
#include "query/event_log.hpp"
#include "query/monitor.hpp"
#include "support/world.hpp"

#include <corka/group.hpp>
#include <corka/http/client.hpp>
#include <corka/http/response.hpp>
#include <corka/http/router.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace corka::test {

class node;

/// The network between them. Life: outlives them.
struct network {
  std::map<std::string, node*> at;
  std::set<std::string> down;       ///< addresses where nobody answers
  std::set<std::string> hanging;    ///< addresses where nobody answers in time, which is 5 s
  std::set<std::string> strict;     ///< addresses where credentials are wanted
  std::optional<http::reply> lie;   ///< what everybody answers instead
  std::optional<std::string> body;  ///< what arrives instead of each body that is sent
  std::string token{};              ///< asked for everywhere, for everything; empty: nowhere
  int requests = 0;                 ///< from one to another
  http::call last;
};

/// One instance: at most one processor, and its endpoints. Threads: the world's one.
class node final : public query::peer_wire {
 public:
  /// `address`: what it announces; empty: nothing. Without `group` it is an HTTP front only.
  node(world& w, network& net, const std::string& name, std::string address, std::optional<declaration> group,
       processor_options options = {});
  ~node() override;

  /// Answer of its server.
  http::reply get(const std::string& target, std::vector<std::pair<std::string, std::string>> fields = {});
  http::reply key(const std::string& key, const std::string& query = {});
  /// The same by another method, with the network's token and a body.
  http::reply ask(const std::string& method, const std::string& target, const std::string& body = {});
  /// What its server says to `target` without end, from now on.
  class stream final : public http::body_writer {
   public:
    std::string text;
    bool ended = false;
    task<bool> write(std::string_view bytes) override {
      text += bytes;
      co_return true;
    }
  };
  std::shared_ptr<stream> follow(const std::string& target,
                                 std::vector<std::pair<std::string, std::string>> fields = {});
  /// Its monitor looks, as it does once a second where it runs.
  void see() { monitor_->see(); }
  /// Something happens at it.
  void note(std::string message) {
    query::log_entry e;
    e.message = std::move(message);
    log_.add(std::move(e));
  }
  /// Stops its processor and waits for it.
  void leave();
  [[nodiscard]] const processor& runs() const { return *processor_; }
  [[nodiscard]] std::size_t active() const { return processor_ ? processor_->status().partitions.size() : 0; }

  task<http::reply> send(http::call what) override;
  /// What the server of `there` says before anything else.
  static std::optional<http::response> refused_at(node& there, const http::call& what);

  task<> stream_to(http::call what, std::shared_ptr<stream> to);

 private:
  world& world_;
  network& net_;
  std::string address_;
  std::unique_ptr<processor> processor_;
  std::optional<running> run_;
  http::router routes_;
  std::optional<app_parts::processor_source> source_;
  query::event_log log_;
  std::optional<query::monitor> monitor_;
  std::optional<app_parts::group_directory> groups_;
  std::optional<query::access> who_;
  std::optional<query::across_instances> across_;
  std::optional<query::action_board> board_;
  async::task_group streams_;
};

}  // namespace corka::test
