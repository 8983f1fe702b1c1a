#include "http/percent.hpp"
#include "query/across_instances.hpp"
#include "query/cluster_pages.hpp"
#include "query/row_answers.hpp"

#include "async/task_group.hpp"

#include <corka/http/problem.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

namespace corka::query {

namespace {

bool wants_lines(const http::request& r) { return r.header("Accept").value_or("") == lines_type; }

http::response lines_answer(const rows_page& page) {
  return std::move(http::response{}.content(lines_type, to_lines(page)));
}

std::set<partition_id> covered(const std::vector<rows_page>& parts) {
  std::set<partition_id> all;
  for (const auto& part : parts) all.insert(part.partitions.begin(), part.partitions.end());
  return all;
}

}  // namespace

task<http::response> across_instances::rows(http::request r, std::string table) {
  auto wanted = read_rows_query(r);
  if (!wanted.mistake.empty()) co_return http::problem{400, "query-malformed", wanted.mistake}.answer();
  auto which = wanted.which;
  auto own = co_await here_.rows(table, std::move(which), wanted.limit);
  if (own && std::holds_alternative<row_recovering>(*own))
    co_return recovering_answer(table, std::get<row_recovering>(*own));
  std::vector<rows_page> parts;
  if (own) parts.push_back(std::move(std::get<rows_page>(*own)));

  cluster_maps::map_pointer map;
  const auto group = groups_.group_of(table);
  if (group && may_be_given_on(r)) map = co_await maps_.get(*group, false);
  if (map && map->partitions() > 0) {
    auto given = co_await rows_of_all(r, std::move(table), std::move(wanted), std::move(parts), std::move(map));
    co_return given;
  }
  if (parts.empty()) co_return unknown_table_answer(here_, table);
  co_return wants_lines(r) ? lines_answer(parts.front()) : page_answer(table, parts.front());
}

task<http::response> across_instances::rows_of_all(http::request r, std::string table, rows_query wanted,
                                                   std::vector<rows_page> parts, cluster_maps::map_pointer map) {
  auto missing = co_await fetch_parts(r, table, *map, parts);
  if (!missing.empty()) {
    // Partitions may have moved since the group was looked at.
    const auto group = map->group();
    const auto fresh = co_await maps_.get(group, true);
    if (fresh && fresh != map) missing = co_await fetch_parts(r, table, *fresh, parts);
  }
  const auto page = merge_pages(std::move(parts), wanted.limit, wanted.which.order);
  co_return page_answer(table, page, missing);
}

// Asks the owners of what is not in `parts` yet, all at once.
task<std::vector<rows_missing>> across_instances::fetch_parts(http::request r, std::string table,
                                                              const cluster_map& map, std::vector<rows_page>& parts) {
  struct part {
    std::string to;
    std::optional<rows_page> page;
    std::string why;
  };
  const auto had = covered(parts);
  std::vector<part> asked;
  std::vector<rows_missing> lacking;
  for (std::int32_t n = 0; n < map.partitions(); ++n) {
    const partition_id p{n};
    if (had.contains(p)) continue;
    const auto* const owner = map.owner(p);
    if (owner == nullptr) {
      lacking.push_back({p, {}, "no instance has it just now: try again in a moment"});
    } else if (owner->address.empty()) {
      lacking.push_back({p, owner->name, "its owner announces no address: start it with --advertise HOST:PORT"});
    } else if (owner->address == groups_.self()) {
      lacking.push_back({p, owner->address, "it is on its way here, or still being read: try again in a moment"});
    } else {
      lacking.push_back({p, owner->address, {}});
      if (std::ranges::find(asked, owner->address, &part::to) == asked.end()) asked.push_back({owner->address, {}, {}});
    }
  }
  async::task_group asking{ex_};
  for (auto& a : asked) {
    auto target = fmt::format("/api/v1/tables/{}/keys?{}", http::percent_encode(table), r.query);
    auto what = call_for(r, a.to, std::move(target));
    std::erase_if(what.fields, [](const auto& f) { return f.first == "Accept" || f.first == "If-None-Match"; });
    what.fields.emplace_back("Accept", lines_type);
    asking.spawn(fetch_part(std::move(what), a.page, a.why));
  }
  co_await asking.join();

  std::vector<rows_missing> missing;
  for (auto& l : lacking) {
    const auto a = std::ranges::find(asked, l.owner, &part::to);
    if (a != asked.end() && l.why.empty()) {
      if (a->page && std::ranges::find(a->page->partitions, l.partition) != a->page->partitions.end()) continue;
      l.why = a->page ? "its owner does not have it, or still reads it: try again in a moment" : a->why;
    }
    missing.push_back(std::move(l));
  }
  for (auto& a : asked) {
    if (a.page) parts.push_back(std::move(*a.page));
  }
  co_return missing;
}

task<> across_instances::fetch_part(http::call what, std::optional<rows_page>& into, std::string& why) {
  http::reply got;
  try {
    got = co_await send(std::move(what));
  } catch (const http::call_failed& e) { why = e.what(); }
  if (!why.empty()) co_return;
  if (got.status == 200 && got.header("Content-Type").value_or("") == lines_type) into = from_lines(got.body);
  if (!into) why = fmt::format("its owner answered {} instead of rows", got.status);
}

}  // namespace corka::query
