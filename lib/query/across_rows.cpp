#include "query/across_instances.hpp"

#include "http/percent.hpp"
#include "query/base64url.hpp"
#include "query/cluster_forward.hpp"
#include "query/number.hpp"
#include "query/row_answers.hpp"

#include "async/task_group.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>
#include <variant>

namespace corka::query {

namespace {

/// How many others are asked for an old copy.
constexpr std::size_t copies_asked = 8;

std::optional<std::int64_t> number(std::optional<std::string_view> text) {
  return text ? read_number<std::int64_t>(*text) : std::nullopt;
}

forward_fsm::reply_kind kind_of(const http::reply& r) {
  forward_fsm::reply_kind k;
  const auto partition = number(r.header("X-Corka-Partition"));
  if (partition && *partition >= 0 && *partition <= std::numeric_limits<std::int32_t>::max())
    k.partition = partition_id{static_cast<std::int32_t>(*partition)};
  k.unauthorized = r.status == 401 || r.status == 403;
  // A program that has nothing to do with the table may have taken the address over: its 404 says nothing of rows.
  k.answers = k.partition && (r.status == 200 || r.status == 304 || r.status == 404 || r.status == 409);
  return k;
}

/// Fields may have tabs in them, which are not sent on.
std::string sendable(std::string_view value) {
  std::string text{value};
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

/// What the other instance said, without what is of its connection.
http::response response_of(http::reply r, const std::string& from) {
  constexpr std::array<std::string_view, 9> passed{"ETag",           "Vary",          "Cache-Control",
                                                   "Retry-After",    "Last-Modified", "X-Corka-Partition",
                                                   "X-Corka-Offset", "X-Corka-Stale", "X-Corka-Lag"};
  http::response given{r.status};
  for (const auto name : passed) {
    if (const auto value = r.header(name)) given.set(name, sendable(*value));
  }
  given.set("X-Corka-Instance", from);
  if (http::may_have_body(r.status)) {
    const auto type = sendable(r.header("Content-Type").value_or("application/octet-stream"));
    given.content(type, std::move(r.body));
  }
  return given;
}

std::string url_of(const std::string& address) {
  return address.starts_with("https://") ? address : "http://" + address;
}

http::response refusal(const forward_fsm::refuse& why, const std::string& table) {
  using reasons = forward_fsm::refuse::why;
  const auto p = why.partition.value;
  std::string type;
  std::string detail;
  switch (why.reason) {
    case reasons::nobody:
      type = "owner-unknown";
      detail = fmt::format("no instance has partition {} of table '{}' just now: try again in a moment", p, table);
      break;
    case reasons::unannounced:
      type = "owner-unannounced";
      detail = fmt::format(
          "partition {} of table '{}' is with member '{}', which announces no address: start it with "
          "--advertise HOST:PORT",
          p, table, why.owner);
      break;
    case reasons::moving:
      type = "owner-moving";
      detail = fmt::format("partition {} of table '{}' is moving to another instance: try again in a moment", p, table);
      break;
    case reasons::unreachable:
      type = "owner-unreachable";
      detail = fmt::format(
          "partition {} of table '{}' is with {}, which does not answer ({}): try again later, or "
          "accept an older copy by ?stale=allow",
          p, table, why.owner, why.detail);
      break;
    case reasons::refused:
      type = "owner-refused";
      detail = fmt::format(
          "partition {} of table '{}' is with {}, which refuses this instance's requests: start all instances with the "
          "same token, and let them reach each other without a proxy that asks for credentials of its own",
          p, table, why.owner);
      break;
  }
  http::problem said{503, type, std::move(detail)};
  said.with("partition", std::int64_t{p}).header("Retry-After", "1");
  if (!why.owner.empty()) said.with("owner", why.owner);
  return said.answer();
}

/// Answers for its partition, or says of which one it knows that it is not here.
std::optional<partition_id> partition_of(const std::optional<row_answer>& row) {
  if (!row) return {};
  std::optional<partition_id> p;
  if (const auto* e = std::get_if<row_elsewhere>(&*row)) p = e->partition;
  if (const auto* r = std::get_if<row_recovering>(&*row)) p = r->partition;
  if (p && p->value < 0) p.reset();
  return p;
}

/// It is here, or it is known that it is here.
bool is_here(const std::optional<row_answer>& row) {
  if (!row || std::holds_alternative<row_elsewhere>(*row)) return false;
  const auto* const recovering = std::get_if<row_recovering>(&*row);
  return recovering == nullptr || recovering->partition.value >= 0;
}

}  // namespace

struct across_instances::lookup {
  http::request asked;
  std::string table;
  std::string key;
  std::optional<row_answer> known;  ///< of this instance
  std::string group;
  bool stale = false;

  [[nodiscard]] std::string target(std::string_view more) const {
    return fmt::format("/api/v1/tables/{}/keys?key64={}{}", http::percent_encode(table), base64url_encode(key), more);
  }
};

bool across_instances::may_be_given_on(const http::request& r) const {
  return !r.header(forwarded_field) && r.query_value("route").value_or("") != "local";
}

http::call across_instances::call_for(const http::request& r, std::string to, std::string target) const {
  http::call made;
  made.address = std::move(to);
  made.target = std::move(target);
  // Not Authorization: the token goes to nobody; `send` proves that this instance knows it.
  for (const auto* const name : {"Accept", "If-None-Match", "traceparent", "tracestate"}) {
    if (const auto value = r.header(name)) made.fields.emplace_back(name, sendable(*value));
  }
  made.fields.emplace_back(forwarded_field, "1");
  return made;
}

task<std::optional<http::response>> across_instances::copy_here(const lookup& of) {
  auto copy = co_await here_.copied_row(of.table, of.key);
  if (!copy) co_return std::nullopt;
  co_return row_copy_answer(of.asked, of.table, std::move(*copy));
}

task<std::optional<http::response>> across_instances::copy_elsewhere(lookup& of, std::string not_from) {
  const auto map = co_await maps_.get(of.group, false);
  if (!map) co_return std::nullopt;
  std::vector<std::string> others;
  for (const auto& m : map->members()) {
    const bool other = !m.address.empty() && m.address != groups_.self() && m.address != not_from;
    if (other && std::ranges::find(others, m.address) == others.end()) others.push_back(m.address);
  }
  if (others.size() > copies_asked) others.resize(copies_asked);
  // All at once: one that hangs does not hold up the others.
  std::vector<std::optional<http::reply>> said(others.size());
  async::task_group asking{ex_};
  for (std::size_t i = 0; i < others.size(); ++i)
    asking.spawn(ask_copy(call_for(of.asked, others[i], of.target("&stale=allow")), said[i]));
  co_await asking.join();
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (said[i] && kind_of(*said[i]).answers && said[i]->status != 409)
      co_return response_of(std::move(*said[i]), others[i]);
  }
  co_return std::nullopt;
}

task<> across_instances::ask_copy(http::call what, std::optional<http::reply>& into) {
  try {
    into = co_await send(std::move(what));
  } catch (const http::call_failed&) { into.reset(); }
}

task<http::response> across_instances::row(http::request r, std::string table, std::string key) {
  lookup of{r, std::move(table), std::move(key), std::nullopt, {}, r.query_value("stale").value_or("") == "allow"};
  of.known = here_.row_at_once(of.table, of.key);
  if (!of.known) of.known = co_await here_.row(of.table, of.key);
  const bool here = is_here(of.known);
  const bool done = here && !std::holds_alternative<row_recovering>(*of.known);
  const auto group = !here && may_be_given_on(r) ? groups_.group_of(of.table) : std::nullopt;
  if (group) {
    of.group = *group;
    auto given = co_await row_elsewhere(of);
    co_return given;
  }
  if (!done && of.stale) {
    auto copy = co_await copy_here(of);
    if (copy) co_return std::move(*copy);
  }
  if (!of.known) co_return unknown_table_answer(here_, of.table);
  co_return row_answer_of(r, of.table, std::move(*of.known));
}

task<http::response> across_instances::row_elsewhere(lookup& of) {
  const auto route = of.asked.query_value("route").value_or("");
  forward_fsm::request wanted;
  wanted.key = of.key;
  wanted.partition = partition_of(of.known);
  wanted.redirects = route == "redirect" || (usually_ == elsewhere::redirect && route != "proxy");
  wanted.self = groups_.self();
  for (const auto& p : here_.processors()) wanted.own_members.push_back(p.member);
  forward_fsm fsm{std::move(wanted)};
  auto next = forward_fsm::started();
  http::reply got;
  std::string from;
  while (true) {
    if (const auto* l = std::get_if<forward_fsm::look>(&next)) {
      const auto map = co_await maps_.get(of.group, l->fresh);
      if (!map || map->partitions() == 0) {
        // Nobody knows such a group.
        if (!of.known) co_return unknown_table_answer(here_, of.table);
        co_return row_answer_of(of.asked, of.table, std::move(*of.known));
      }
      next = fsm.mapped(*map);
    } else if (const auto* p = std::get_if<forward_fsm::pass>(&next)) {
      from = p->to;
      auto what = call_for(of.asked, from, of.target(of.stale ? "&stale=allow" : ""));
      std::string failure;
      try {
        got = co_await send(std::move(what));
      } catch (const http::call_failed& e) { failure = e.what(); }
      next = failure.empty() ? fsm.replied(kind_of(got)) : fsm.failed(std::move(failure));
    } else if (const auto* to = std::get_if<forward_fsm::redirect>(&next)) {
      http::response there{307};
      there.set("Location", url_of(to->to) + of.target(of.stale ? "&stale=allow&route=local" : "&route=local"));
      there.set("X-Corka-Instance", to->to);
      co_return there;
    } else if (std::holds_alternative<forward_fsm::take>(next)) {
      // A copy here may have more than one that the owner has only begun to read.
      const auto lag = number(got.header("X-Corka-Lag"));
      if (of.stale && got.header("X-Corka-Stale")) {
        const auto mine = co_await here_.copied_row(of.table, of.key);
        if (mine && mine->lag && (!lag || *mine->lag < *lag)) co_return row_copy_answer(of.asked, of.table, *mine);
      }
      co_return response_of(std::move(got), from);
    } else {
      const auto why = std::get<forward_fsm::refuse>(next);
      if (of.stale && why.reason != forward_fsm::refuse::why::refused) {
        auto copy = co_await copy_here(of);
        if (copy) co_return std::move(*copy);
        copy = co_await copy_elsewhere(of, why.owner);
        if (copy) co_return std::move(*copy);
      }
      co_return refusal(why, of.table);
    }
  }
}

}  // namespace corka::query
