#include "scenario/across/node.hpp"

#include "app/actions.hpp"
#include "async/timer.hpp"
#include "http/dispatch.hpp"
#include "http/target.hpp"
#include "query/action_routes.hpp"
#include "query/base64url.hpp"
#include "query/cluster_actions.hpp"
#include "query/routes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <utility>

namespace corka::test {

node::node(world& w, network& net, const std::string& name, std::string address, std::optional<declaration> group,
           processor_options options)
    : world_{w}, net_{net}, address_{std::move(address)}, log_{w.threads.time()}, streams_{w.threads.executor()} {
  auto& on = w.member(name);
  std::vector<const processor*> processors;
  if (group) {
    processor_ = std::make_unique<processor>(std::move(*group), std::move(options));
    processors.push_back(processor_.get());
  }
  source_.emplace(on.on().core(), processors);
  monitor_.emplace(w.threads.executor(), w.threads.time(), *source_, log_);
  groups_.emplace(*w.cluster, w.threads.executor(), processors);
  groups_->announce(address_);
  who_.emplace(net.token, net.token.empty() ? query::access::needed::actions : query::access::needed::everything,
               w.threads.time());
  who_->announce(address_);
  across_.emplace(w.threads.executor(), w.threads.time(), *source_, routes_, *groups_, *this, *who_, logger{},
                  query::elsewhere::proxy);
  query::route_all(routes_, *source_, *monitor_, {.across = &*across_});
  board_.emplace(w.threads.executor(), w.threads.time(), log_);
  if (processor_) {
    for (auto& a : app_parts::actions_of({&*processor_}, on.on())) board_->add(std::move(a));
  }
  query::route_actions(routes_, *board_, *who_);
  query::route_cluster_actions(routes_, *across_, *who_);
  if (!address_.empty()) net_.at[address_] = this;
  on.on().core().advertise = address_;
  if (processor_) run_ = w.start(*processor_, on);
}

node::~node() {
  streams_.cancel();
  world_.threads.run(streams_.join());
  CHECK(world_.threads.run(board_->close(std::chrono::seconds{10})).empty());
  leave();
  world_.threads.run(across_->stop());
  net_.at.erase(address_);
}

void node::leave() {
  if (run_ && !run_->ended()) world_.stop(*processor_, *run_);
}

http::reply node::get(const std::string& target, std::vector<std::pair<std::string, std::string>> fields) {
  http::call what;
  what.target = target;
  what.fields = std::move(fields);
  return world_.threads.run(http::dispatch(routes_, std::move(what)));
}

http::reply node::ask(const std::string& method, const std::string& target, const std::string& body) {
  http::call what;
  what.method = method;
  what.target = target;
  what.body = body;
  if (!net_.token.empty()) what.fields.emplace_back("Authorization", "Bearer " + net_.token);
  return world_.threads.run(http::dispatch(routes_, std::move(what)));
}

std::shared_ptr<node::stream> node::follow(const std::string& target,
                                           std::vector<std::pair<std::string, std::string>> fields) {
  auto made = std::make_shared<stream>();
  http::call what;
  what.target = target;
  what.fields = std::move(fields);
  streams_.spawn(stream_to(std::move(what), made));
  return made;
}

task<> node::stream_to(http::call what, std::shared_ptr<stream> to) {
  const auto asked = http::parse_target(what.target);
  std::vector<http::parameter> query;
  REQUIRE(http::decode_query(asked->query, query));
  http::router::scratch space;
  const auto match = routes_.find(what.method, asked->path, space);
  std::vector<http::field> fields;
  for (const auto& [name, value] : what.fields) fields.push_back({name, value});
  const http::request r{what.method, asked->path, asked->query, space.parameters, query, fields, {}};
  const auto given = co_await (*match.run)(r);
  if (given.streamed()) co_await given.streamed()(*to);
  else to->text = std::to_string(given.status()) + " " + std::string{given.body()};
  to->ended = true;
}

http::reply node::key(const std::string& key, const std::string& query) {
  return get("/api/v1/tables/counters-table/keys?key64=" + query::base64url_encode(key) + query);
}

std::optional<http::response> node::refused_at(node& there, const http::call& what) {
  std::vector<http::field> fields;
  for (const auto& [name, value] : what.fields) fields.push_back({name, value});
  const auto mark = what.target.find('?');
  http::request r;
  r.method = what.method;
  r.path = std::string_view{what.target}.substr(0, mark);
  if (mark != std::string::npos) r.query = std::string_view{what.target}.substr(mark + 1);
  r.fields = fields;
  if (auto refused = there.who_->admit(r)) return refused;
  r.body = what.body;
  return there.who_->admit_whole(r);
}

task<http::reply> node::send(http::call what) {
  ++net_.requests;
  net_.last = what;
  const auto to = net_.at.find(what.address);
  if (to == net_.at.end() || net_.down.contains(what.address))
    throw http::call_failed{what.address + " cannot be reached: nobody is there", false};
  if (net_.hanging.contains(what.address)) {
    co_await async::sleep_for(world_.threads.time(), std::chrono::seconds{5});
    throw http::call_failed{what.address + " did not answer within 5000 ms", true};
  }
  if (net_.strict.contains(what.address)) {
    http::reply refused;
    refused.status = 401;
    co_return refused;
  }
  if (net_.lie) co_return *net_.lie;
  if (net_.body) what.body = *net_.body;
  // As its server does before it looks at a request.
  if (const auto no = refused_at(*to->second, what)) co_return http::reply_of(*no);
  auto got = co_await http::dispatch(to->second->routes_, std::move(what));
  co_return got;
}

}  // namespace corka::test
