#include "query/action_routes.hpp"

#include "async/timer.hpp"
#include "support/http_loopback.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace corka;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

struct program : test::http_loopback {
  query::event_log log{time};
  query::action_board board{loop.get_executor(), time, log};
  std::unique_ptr<query::access> who;
  bool closed = false;
  int begun = 0;
  std::unique_ptr<test::http_client> client;

  explicit program(std::string token = "open-sesame") {
    query::action a;
    a.id = "user:wait";
    a.name = "wait";
    a.help = "Waits";
    a.check = [](const std::string& input) { return input == "13" ? std::string{"not 13"} : std::string{}; };
    a.body = [this](action_run& run, std::string input) { return wait(*this, run, std::move(input)); };
    board.add(std::move(a));
    a = {};
    a.id = "user:fail";
    a.body = [](action_run&, std::string) { return fail(); };
    board.add(std::move(a));
    who = std::make_unique<query::access>(std::move(token), query::access::needed::actions, time);
    a = {};
    a.id = "user:deaf";
    a.body = [this](action_run&, std::string) { return take_no_notice(*this); };
    board.add(std::move(a));
    query::route_actions(routes, board, *who);
    start();
    client = http_loopback::client();
  }
  ~program() { close(); }
  void close() {
    if (std::exchange(closed, true)) return;
    bool ended = false;
    boost::asio::co_spawn(loop, board.close(10s),
                          [&ended](const std::exception_ptr&, const std::vector<std::string>& left) {
                            CHECK(left.empty());
                            ended = true;
                          });
    until([&] { return ended; });
  }
  static task<std::string> wait(program& my, action_run& run, std::string input) {
    ++my.begun;
    run.progress(1, 9);
    co_await async::sleep_for(my.time, 30s);
    run.progress(10, 0);
    co_return "waited for " + input;
  }
  static task<std::string> take_no_notice(program& my) {
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    ++my.begun;
    co_await async::sleep_for(my.time, 60s);
    co_return "at last";
  }
  static task<std::string> fail() {
    throw std::runtime_error{"it broke"};
    co_return "";
  }
  test::http_reply send(const std::string& method, const std::string& path, const std::string& body = {},
                        const std::string& token = "open-sesame") {
    client->send(method + " " + path +
                 " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                 (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n" + body);
    return client->receive();
  }
  test::http_reply begin(const std::string& body, const std::string& token = "open-sesame") {
    return send("POST", "/api/v1/actions/runs", body, token);
  }
  json list() { return json::parse(client->get("/api/v1/actions").body); }
  json run(int id) { return json::parse(client->get("/api/v1/actions/runs/" + std::to_string(id)).body); }
};

}  // namespace

TEST_CASE("actions: who has the token can start one and follow it") {
  program p;
  CHECK(p.list()["enabled"] == true);
  CHECK(p.list()["actions"][0]["id"] == "user:wait");
  CHECK(p.list()["actions"][0]["help"] == "Waits");
  const auto r = p.begin(R"({"action":"user:wait","input":{"n":1}})");
  CHECK(r.status == 202);
  CHECK(r.header("Location") == "/api/v1/actions/runs/1");
  CHECK(json::parse(r.body)["state"] == "running");
  p.settle();
  CHECK(p.run(1)["done"] == 1);
  CHECK(p.run(1)["left"] == 9);
  CHECK(p.run(1)["ended"] == nullptr);
  p.advance(30s);
  const auto ended = p.run(1);
  CHECK(ended["state"] == "completed");
  CHECK(ended["message"] == R"(waited for {"n":1})");
  CHECK(ended["done"] == 10);
  CHECK_FALSE(ended["ended"].is_null());
  CHECK(p.list()["runs"].size() == 1);
  CHECK(p.log.after(0).entries.size() == 2);
}

TEST_CASE("actions: nobody else can, and the token is not told") {
  program p;
  for (const auto* token : {"", "open-sesam", "open-sesama", "open-sesame2"}) {
    CAPTURE(token);
    const auto r = p.begin(R"({"action":"user:wait"})", token);
    CHECK(r.status == 401);
    CHECK(r.header("WWW-Authenticate") == "Bearer");
    CHECK(r.body.find("open-sesame") == std::string::npos);
  }
  CHECK(p.send("DELETE", "/api/v1/actions/runs/1", "", "x").status == 401);
  CHECK(p.begun == 0);
  program off{""};
  CHECK(off.begin(R"({"action":"user:wait"})").status == 403);
  CHECK(off.begin(R"({"action":"user:wait"})", "").status == 403);
  CHECK(off.list()["enabled"] == false);
  CHECK(off.begun == 0);
}

TEST_CASE("actions: what cannot be started says why") {
  program p;
  CHECK(p.begin("{").status == 400);
  CHECK(p.begin(R"({"action":5})").status == 400);
  auto r = p.begin(R"({"action":"user:none"})");
  CHECK(r.status == 404);
  CHECK(json::parse(r.body)["actions"] == json{"user:wait", "user:fail", "user:deaf"});
  r = p.begin(R"({"action":"user:wait","input":13})");
  CHECK(r.status == 400);
  CHECK(json::parse(r.body)["detail"] == "not 13");
  CHECK(p.begin(R"({"action":"user:wait"})").status == 202);
  r = p.begin(R"({"action":"user:wait"})");
  CHECK(r.status == 409);
  CHECK(p.begun == 1);
  CHECK(p.client->get("/api/v1/actions/runs/7").status == 404);
  CHECK(p.client->get("/api/v1/actions/runs/x").status == 404);
  CHECK(p.send("DELETE", "/api/v1/actions/runs/7").status == 404);
}

TEST_CASE("actions: a run can be stopped, and fail, without harm to others") {
  program p;
  (void)p.begin(R"({"action":"user:wait"})");
  CHECK(p.begin(R"({"action":"user:fail"})").status == 202);
  p.settle();
  CHECK(p.run(2)["state"] == "failed");
  CHECK(p.run(2)["message"] == "it broke");
  CHECK(p.run(1)["state"] == "running");
  CHECK(p.send("DELETE", "/api/v1/actions/runs/1").status == 202);
  p.settle();
  CHECK(p.run(1)["state"] == "cancelled");
  // It may be started again.
  CHECK(p.begin(R"({"action":"user:wait"})").status == 202);
  CHECK(p.list()["runs"][0]["id"] == 3);
  // The end of the program ends it.
  p.close();
  CHECK(p.run(3)["state"] == "cancelled");
  CHECK(p.begin(R"({"action":"user:wait"})").status == 409);
}

TEST_CASE("actions: one that takes no notice of the end holds it up for so long only, and is named") {
  program p;
  CHECK(p.begin(R"({"action": "user:deaf"})").status == 202);
  CHECK(p.begin(R"({"action": "user:wait"})").status == 202);
  p.until([&] { return p.begun == 2; });
  std::optional<std::vector<std::string>> left;
  boost::asio::co_spawn(p.loop, p.board.close(10s), [&left](const std::exception_ptr&, std::vector<std::string> names) {
    left = std::move(names);
  });
  p.settle();
  p.advance(9s);
  CHECK_FALSE(left);
  CHECK(p.run(2)["state"] == "cancelled");
  p.advance(2s);
  REQUIRE(left);
  CHECK(*left == std::vector<std::string>{"user:deaf"});
  CHECK(p.begin(R"({"action": "user:wait"})").status == 409);
  p.advance(60s);
  p.client = p.http_loopback::client();
  CHECK(p.run(1)["state"] == "cancelled");
}

TEST_CASE("actions: a run can be named by the key that it was started with") {
  program p;
  const auto begun = p.begin(R"({"action": "user:wait", "key": "r0a-B_9"})");
  CHECK(begun.status == 202);
  CHECK(json::parse(begun.body)["key"] == "r0a-B_9");
  CHECK(json::parse(p.client->get("/api/v1/actions/runs/r0a-B_9").body)["id"] == 1);
  CHECK(p.send("DELETE", "/api/v1/actions/runs/r0a-B_9").status == 202);
  p.until([&] { return p.run(1)["state"] == "cancelled"; });
  CHECK(p.client->get("/api/v1/actions/runs/r0a").status == 404);
  for (const auto* const odd : {R"("1a")", R"("")", "3", R"("a b")", "[]"}) {
    CAPTURE(odd);
    CHECK(p.begin(R"({"action": "user:wait", "key": )" + std::string{odd} + "}").status == 400);
  }
  CHECK(p.begin(R"({"action": "user:wait", "key": ")" + std::string(65, 'a') + R"("})").status == 400);
}
