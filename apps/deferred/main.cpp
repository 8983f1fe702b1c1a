// deferred: forwards payments to an HTTP service, many at once; calls again where it fails, and puts aside what it
// refuses. The service comes along, as a route of the same program's HTTP server.
#include "service.hpp"

#include <corka/corka.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

const corka::stream<std::string> payments{"payments"};
const corka::stream<std::string> refused{"payments-refused"};

/// Some input to see it work: every 250th amount is not a number.
corka::task<> pay(const std::string& url, corka::emitter<std::string>& to, std::int64_t count) {
  if (url.empty()) {
    throw corka::error{corka::errc::invalid_option,
                       "--http off: the service that payments are forwarded to is this program's own, at its HTTP "
                       "server: give it an address"};
  }
  for (std::int64_t i = 0; i < count; ++i) {
    co_await to.ready();
    to.emit("account-" + std::to_string(i % 500), i % 250 == 249 ? "a lot" : std::to_string(1 + i % 90));
  }
}

/// "127.0.0.1:8080" of "http://127.0.0.1:8080/"; by TLS it stays as it is, without the slash.
std::string address_in(const std::string& url) {
  const std::size_t begin = url.starts_with("http://") ? 7 : 0;
  return url.substr(begin, url.size() - begin - 1);
}

/// The record's place names the payment: forwarded twice, it is still one.
corka::task<> forward(std::string service, corka::context<std::int64_t>& ctx, std::string amount) {
  const auto id = std::to_string(ctx.partition().value) + "-" + std::to_string(ctx.offset().value);
  corka::http::call request;
  request.method = "PUT";
  request.address = std::move(service);
  request.target = "/payments/" + id;
  request.body = amount;
  corka::http::client client{{.total = 2s}};  // one is of one thread, and partitions are of several
  const auto answer = co_await client.send(std::move(request));
  const auto status = answer.status;
  if (status == 422) {
    ctx.emit(refused, ctx.key(), amount);  // calling again would not help
    co_return;
  }
  if (status != 200) ctx.fail("the service answered " + std::to_string(status));  // called again
  ctx.set(ctx.value().value_or(0) + std::stoll(amount));
}

corka::task<> report(corka::runtime& on, const deferred_app::payment_service& service, const corka::processor& by) {
  boost::asio::steady_timer each{co_await boost::asio::this_coro::executor};
  std::uint64_t last = 0;
  while (true) {
    each.expires_after(1s);
    co_await each.async_wait(boost::asio::use_awaitable);
    if (service.taken() == last) continue;
    std::uint64_t again = 0;
    for (const auto& p : by.status().partitions) again += p.failures.retried;
    on.log().info("the service has taken " + std::to_string(service.taken()) + " payments, " +
                  std::to_string(service.taken() - last) + " in the last second; called again " +
                  std::to_string(again) + " times");
    last = service.taken();
  }
}

}  // namespace

int main(int argc, char** argv) {
  corka::app app{argc, argv, "Forwards payments to an HTTP service that comes along."};
  std::int64_t count = 5'000;
  std::int64_t fails_each = 10;
  std::int64_t concurrency = 64;
  app.flag("--count", count, "payments to emit");
  app.flag("--fails-each", fails_each, "one in so many requests is answered by 503; 0: none");
  app.flag("--concurrency", concurrency, "requests of a partition that are under way at once");
  app.parse();
  if (fails_each < 0) app.refuse("--fails-each", "it is negative: 0 or more is possible");
  if (concurrency < 1) app.refuse("--concurrency", "it is less than one");

  deferred_app::payment_service service{static_cast<std::uint64_t>(fails_each)};
  app.route("PUT", "/payments/{id}", [&](corka::http::request r) { return service.put(r); });
  const auto on_payment = [&app](corka::context<std::int64_t>& ctx, std::string amount) {
    return forward(address_in(app.url()), ctx, std::move(amount));
  };
  corka::group<std::int64_t> forwarders{"forwarders"};
  forwarders.input(payments, on_payment, {.concurrency = static_cast<std::size_t>(concurrency)}).output(refused);
  forwarders.on_failure({.callback = {.attempts = 0, .first_backoff = 50ms, .longest_backoff = 2s}});
  corka::processor processor{forwarders, app.defaults()};
  corka::emitter<std::string> emitter{payments, {.create_with_partitions = 4}};
  corka::job payers{[&](corka::runtime&) { return pay(app.url(), emitter, count); }};
  corka::job reporting{[&](corka::runtime& on) { return report(on, service, processor); }};
  return app.run(processor, emitter, payers, reporting);
}
