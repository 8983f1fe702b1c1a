// apps/messaging as its users see it: over HTTP.
#include "program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace corka::test {
namespace {

using std::chrono::seconds;

struct messenger : program {
  explicit messenger(const temporary_folder& f, const std::string& chatter = "0")
      : program{f, MESSAGING_PROGRAM, {"--chatter", chatter}} {}

  /// Once the program listens.
  bool sends(const std::string& from, const std::string& to, const std::string& text) {
    const auto body = nlohmann::json{{"to", to}, {"text", text}}.dump();
    return eventually(seconds{60},
                      [&] { return http_send(at, "POST", "/users/" + from + "/messages", body).status == 202; });
  }
  bool does(const std::string& method, const std::string& target, const std::string& body = {}) {
    return http_send(at, method, target, body).status == 202;
  }
  /// "anna: hi, bob: hello"
  std::string feed_of(const std::string& user) {
    const auto got = http_get(at, "/users/" + user + "/feed");
    if (got.status != 200) return "status " + std::to_string(got.status);
    std::string found;
    for (const auto& m : nlohmann::json::parse(got.body)) {
      found += (found.empty() ? "" : ", ") + m.at("from").get<std::string>() + ": " + m.at("text").get<std::string>();
    }
    return found;
  }
  bool shows(const std::string& user, const std::string& wanted) {
    return eventually(seconds{30}, [&] { return feed_of(user) == wanted; });
  }
  bool shows_something(const std::string& user) {
    return eventually(seconds{30}, [&] { return !feed_of(user).empty(); });
  }
  /// Every group has caught up with its inputs.
  bool settles() {
    return eventually(seconds{30}, [&] {
      const auto status = nlohmann::json::parse(http_get(at, "/api/v1/status").body, nullptr, false);
      if (!status.is_object()) return false;
      const auto& all = status.at("processors");
      return std::all_of(all.begin(), all.end(), [](const auto& p) { return p.at("lag") == 0; });
    });
  }
};

TEST_CASE("messaging: messages arrive, translated and unless their writer is blocked, and are there after a restart") {
  const temporary_folder folder;
  {
    messenger m{folder};
    INFO(m.process->last_words());
    REQUIRE(m.sends("anna", "bob", "good morning"));
    CHECK(m.shows("bob", "anna: good morning"));

    CHECK(m.does("PUT", "/words/morning", "evening"));
    CHECK(m.answers("/api/v1/tables/dictionary-table/keys/morning", "evening"));
    // The lookup follows its table: a moment later every message is translated.
    CHECK(eventually(seconds{30},
                     [&] { return m.sends("anna", "cleo", "morning") && m.shows("cleo", "anna: evening"); }));

    CHECK(m.does("PUT", "/users/anna/block"));
    CHECK(m.answers("/api/v1/tables/blocklist-table/keys/anna", {{"blocked", true}, {"why", "somebody asked for it"}}));
    CHECK(m.does("DELETE", "/users/anna/block"));
    CHECK(m.answers("/api/v1/tables/blocklist-table/keys/anna", {{"blocked", false}, {"why", "somebody lifted it"}}));
    for (const std::string text : {"1", "2", "3", "4", "5", "6"}) CHECK(m.sends("bob", "dan", text));
    CHECK(m.shows("dan", "bob: 2, bob: 3, bob: 4, bob: 5, bob: 6"));
    CHECK(http_send(m.at, "POST", "/users/anna/messages", "{}").status == 422);
    CHECK(http_send(m.at, "POST", "/users/anna/messages", R"({"to": 1, "text": "hi"})").status == 422);
    CHECK(m.process->stop(seconds{20}) == 0);
  }
  messenger again{folder};
  INFO(again.process->last_words());
  CHECK(again.shows("dan", "bob: 2, bob: 3, bob: 4, bob: 5, bob: 6"));
  CHECK(again.process->stop(seconds{20}) == 0);
}

TEST_CASE(
    "messaging: who writes much and hears little is blocked by the detector, and nothing of it arrives any more") {
  const temporary_folder folder;
  messenger m{folder, "60"};
  INFO(m.process->last_words());
  CHECK(m.answers("/api/v1/tables/blocklist-table/keys/spammy",
                  {{"blocked", true}, {"why", "it writes much and hears little"}}));
  CHECK(m.prints("spammy is blocked"));
  const auto sent = [&](const std::string& user) {
    const auto got = http_get(m.at, "/api/v1/tables/detector-table/keys/" + user);
    return got.status == 200 ? nlohmann::json::parse(got.body).at("sent").get<int>() : 0;
  };
  CHECK(eventually(seconds{30}, [&] { return sent("spammy") == 60 && sent("anna") == 15; }));
  CHECK(http_get(m.at, "/api/v1/tables/blocklist-table/keys/anna").status == 404);
  // The join follows its table, too: a moment later only others are heard.
  int attempt = 0;
  CHECK(eventually(seconds{60}, [&] {
    const auto reader = "zoe" + std::to_string(++attempt);
    return m.sends("spammy", reader, "buy") && m.sends("anna", reader, "hi") && m.shows_something(reader) &&
           m.settles() && m.feed_of(reader) == "anna: hi";
  }));
  CHECK(m.process->stop(seconds{20}) == 0);
}

}  // namespace
}  // namespace corka::test
