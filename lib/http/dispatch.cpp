#include "http/dispatch.hpp"

#include "http/target.hpp"

#include <corka/http/problem.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace corka::http {

reply reply_of(const response& r) {
  reply got;
  got.status = r.status();
  std::string_view rest = r.fields();
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const auto colon = line.find(": ");
    got.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  got.body = r.body();
  return got;
}

task<reply> dispatch(const router& to, call what) {
  const auto asked = parse_target(what.target);
  router::scratch space;
  std::vector<parameter> query;
  if (!asked || !decode_query(asked->query, query))
    co_return reply_of(problem{400, "malformed-target", "the request target cannot be read"}.answer());
  const auto match = to.find(what.method, asked->path, space);
  if (match.result != router::outcome::found)
    co_return reply_of(problem{404, "path-unknown", "there is nothing at this path"}.answer());
  std::vector<field> fields;
  fields.reserve(what.fields.size());
  for (const auto& [name, value] : what.fields) fields.push_back({name, value});
  const request r{what.method, asked->path, asked->query, space.parameters, query, fields, what.body};
  const auto given = co_await (*match.run)(r);
  co_return reply_of(given);
}

}  // namespace corka::http
