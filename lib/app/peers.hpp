// The other instances of the program's groups, as the HTTP endpoints reach them.
#pragma once

#include "app/group_directory.hpp"
#include "app/settings.hpp"
#include "processor/runtime_core.hpp"
#include "query/access.hpp"
#include "query/across_instances.hpp"

#include <corka/http/client.hpp>
#include <corka/http/router.hpp>
#include <corka/log.hpp>
#include <corka/processor.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace corka::app_parts {

/// Life: `across().stop()` before destruction; what it is given outlives it. Strand: `control`, the server's.
class peers {
 public:
  peers(executor control, runtime_core& core, const query::source& here, const http::router& routes,
        std::vector<const processor*> processors, const settings& flags, query::access& who, const logger& log)
      : core_{core},
        flags_{flags},
        who_{who},
        log_{log.named("http")},
        groups_{*core.cluster, control, std::move(processors)},
        wire_{core.threads->time(), flags.http_authorities},
        across_{control,
                core.threads->time(),
                here,
                routes,
                groups_,
                wire_,
                who,
                log_,
                flags.http_redirects ? query::elsewhere::redirect : query::elsewhere::proxy} {}

  [[nodiscard]] query::across_instances& across() noexcept { return across_; }
  /// Decides what the program's members announce, before they join. `port`: the server's.
  void announce(std::uint16_t port);

 private:
  class client_wire final : public query::peer_wire {
   public:
    client_wire(clock& time, std::string authorities) : client_{time, {.authorities = std::move(authorities)}} {}
    [[nodiscard]] task<http::reply> send(http::call what) override { return client_.send(std::move(what)); }

   private:
    http::client client_;
  };

  runtime_core& core_;
  const settings& flags_;
  query::access& who_;
  logger log_;
  group_directory groups_;
  client_wire wire_;
  query::across_instances across_;
};

/// @throws error{errc::invalid_option} for flags that do not fit together, or files that cannot be used.
void check_security(const settings& flags);

/// The names by which an instance may be addressed: those of the flags, and the one that it announces.
[[nodiscard]] std::vector<std::string> host_names(const settings& flags);

}  // namespace corka::app_parts
