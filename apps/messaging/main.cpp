// messaging: a small message service over HTTP, made of five groups: views, joins, lookups and a loop working together.
//
//   POST   /users/{name}/messages   {"to": "bob", "text": "hi"}
//   GET    /users/{name}/feed       the last messages that reached a user
//   PUT    /users/{name}/block      nothing that this user writes arrives any more; DELETE lifts it
//   PUT    /words/{word}            the body replaces the word in everything that is sent from now on; DELETE forgets
//   it
#include <corka/corka.hpp>

#include <algorithm>
#include <sstream>

struct message {
  std::string from, to, text;
};
struct block {
  bool blocked = false;
  std::string why;
};
struct tally {
  std::int64_t sent = 0, received = 0;
  bool reported = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(message, from, to, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(block, blocked, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(tally, sent, received, reported)
using feed = std::vector<message>;

constexpr std::size_t feed_length = 5;
constexpr std::int64_t many_messages = 20;  // who sends so many and hears back less than a fifth is a spammer

const corka::stream<message> messages{"messages"};              // key: who wrote it
const corka::stream<message> deliveries{"deliveries"};          // key: for whom
const corka::stream<block> block_orders{"block-orders"};        // key: whom
const corka::stream<std::string> translations{"translations"};  // key: the word
const corka::table<block> blocked_users{"blocklist-table"};
const corka::table<std::string> dictionary{"dictionary-table"};
const corka::table<feed> feeds{"feeds-table"};

// blocklist: the last order for each user.
void on_order(corka::context<block>& ctx, const block& order) {
  ctx.set(order);
  ctx.logger().info(std::string{ctx.key()} + (order.blocked ? " is blocked: " : " may write again: ") + order.why);
}

// dictionary: what each word is replaced by; a tombstone forgets it.
void on_translation(corka::context<std::string>& ctx, const std::optional<std::string>& replacement) {
  if (replacement) ctx.set(*replacement);
  else ctx.erase();
}

// filter: passes on what is written by users that are not blocked, word by word through the dictionary.
void on_message(corka::context<void>& ctx, message m) {
  const auto writer = ctx.join(blocked_users);  // the row of this record's key: whoever wrote it
  if (writer && writer->blocked) return;
  std::istringstream words{m.text};
  std::string text;
  for (std::string word; words >> word;) {
    if (!text.empty()) text += ' ';
    text += ctx.lookup(dictionary, word).value_or(word);  // any row of a whole table
  }
  m.text = text;
  ctx.emit(deliveries, m.to, m);
}

// feeds: the last messages of each user.
void on_delivery(corka::context<feed>& ctx, const message& m) {
  auto latest = ctx.value().value_or(feed{});
  latest.push_back(m);
  if (latest.size() > feed_length) latest.erase(latest.begin());
  ctx.set(latest);
}

// detector: counts what each user sends and receives. The receiver is another key, so it is told by the loop.
void on_sent(corka::context<tally>& ctx, const message& m) {
  auto count = ctx.value().value_or(tally{});
  ++count.sent;
  const bool spams = count.sent >= many_messages && count.received * 5 < count.sent;
  if (spams && !count.reported) ctx.emit(block_orders, ctx.key(), block{true, "it writes much and hears little"});
  count.reported = spams;
  ctx.set(count);
  ctx.loop(m.to, m.from);
}
void on_heard(corka::context<tally>& ctx, const std::string&) {
  auto count = ctx.value().value_or(tally{});
  ++count.received;
  ctx.set(count);
}

// The HTTP side: it writes by emitters and answers from a view.
struct service {
  corka::emitter<message> mail{messages, {.create_with_partitions = 4}};
  corka::emitter<block> orders{block_orders, {.create_with_partitions = 4}};
  corka::emitter<std::string> words{translations, {.create_with_partitions = 4}};
  corka::view<feed> latest{feeds};

  corka::task<corka::http::response> send(corka::http::request r) {
    const auto body = nlohmann::json::parse(r.body, nullptr, false);
    if (!body.is_object() || !body.contains("to") || !body["to"].is_string() || !body.contains("text") ||
        !body["text"].is_string()) {
      co_return corka::http::problem{422, "not-a-message", R"(Send JSON like {"to": "bob", "text": "hi"}.)"}.answer();
    }
    const message m{r.at("name"), body["to"], body["text"]};
    const auto sent = mail.emit(m.from, m);
    co_await sent.acked();  // it is in Kafka: whatever happens now, it will be delivered
    co_return corka::http::response{202};
  }
  corka::task<corka::http::response> read(corka::http::request r) {
    const auto rows = latest.get(r.at("name")).value_or(feed{});
    auto answer = corka::http::response{200};
    answer.content("application/json", nlohmann::json(rows).dump());
    co_return answer;
  }
  corka::task<corka::http::response> order(std::string user, bool blocked) {
    const block what{blocked, blocked ? "somebody asked for it" : "somebody lifted it"};
    const auto sent = orders.emit(user, what);
    co_await sent.acked();
    co_return corka::http::response{202};
  }
  corka::task<corka::http::response> translate(std::string word, std::string replacement) {
    const auto sent = replacement.empty() ? words.emit(word, corka::tombstone) : words.emit(word, replacement);
    co_await sent.acked();
    co_return corka::http::response{202};
  }
};

// Some users who talk with each other, and one who talks to everybody and is never answered.
corka::task<> chatter(service& to, std::int64_t rounds) {
  static const std::vector<std::string> users{"anna", "bob", "cleo", "dan"};
  for (std::int64_t i = 0; i < rounds; ++i) {
    co_await to.mail.ready();
    const auto& from = users[static_cast<std::size_t>(i) % users.size()];
    const auto& other = users[static_cast<std::size_t>(i + 1 + i / 4 % 3) % users.size()];
    to.mail.emit(from, message{from, other, "hello " + other + " this is number " + std::to_string(i)});
    to.mail.emit("spammy", message{"spammy", other, "buy buy buy"});
  }
}

int main(int argc, char** argv) {
  corka::app app{argc, argv, "A message service: send, feed, block, translate, and a spam detector."};
  std::int64_t rounds = 40;
  app.flag("--chatter", rounds, "messages that made-up users write at the start");
  const auto options = app.defaults();

  corka::group<block> blocklist{"blocklist"};
  blocklist.input(block_orders, on_order);
  corka::group<std::string> words{"dictionary"};
  words.input(translations, on_translation);
  corka::group<> filter{"filter"};
  filter.input(messages, on_message).join(blocked_users).lookup(dictionary).output(deliveries);
  corka::group<feed> inboxes{"feeds"};
  inboxes.input(deliveries, on_delivery);
  corka::group<tally> detector{"detector"};
  detector.input(messages, on_sent).loop<std::string>(on_heard).output(block_orders);

  corka::processor blocks{blocklist, options}, dictionaries{words, options}, filters{filter, options},
      feeders{inboxes, options}, detectors{detector, options};
  service http;
  corka::job talk{[&](corka::runtime&) { return chatter(http, rounds); }};

  app.route("POST", "/users/{name}/messages", [&](corka::http::request r) { return http.send(r); })
      .route("GET", "/users/{name}/feed", [&](corka::http::request r) { return http.read(r); })
      .route("PUT", "/users/{name}/block", [&](corka::http::request r) { return http.order(r.at("name"), true); })
      .route("DELETE", "/users/{name}/block", [&](corka::http::request r) { return http.order(r.at("name"), false); })
      .route("PUT", "/words/{word}",
             [&](corka::http::request r) { return http.translate(r.at("word"), std::string{r.body}); })
      .route("DELETE", "/words/{word}", [&](corka::http::request r) { return http.translate(r.at("word"), {}); });
  return app.run(blocks, dictionaries, filters, feeders, detectors, http.mail, http.orders, http.words, http.latest,
                 talk);
}
