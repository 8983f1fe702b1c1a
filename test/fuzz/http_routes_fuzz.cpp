// Whatever a client sends to the routes that a program has, with tables and actions behind them: it is answered in
// order, and what is said to be JSON is JSON.
#include "fuzz/fuzzing.hpp"

#include "base/virtual_clock.hpp"
#include "http/dispatch.hpp"
#include "http/request_reader.hpp"
#include "http/target.hpp"
#include "query/access.hpp"
#include "query/action_routes.hpp"
#include "query/routes.hpp"
#include "support/fake_source.hpp"
#include "support/gunzip.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace corka;
using fuzz::require;

namespace {

using row_found = query::row_found;

/// Keys that are text, that are none, and that a path has to encode.
std::map<std::string, query::row_answer> some_rows() {
  std::map<std::string, query::row_answer> rows;
  const auto add = [&](std::string key, std::string json) {
    rows[std::move(key)] = row_found{partition_id{1}, offset{42}, "bytes", std::move(json)};
  };
  add("", "null");
  add("a", "1");
  add("a/b", R"({"of":"a/b"})");
  add("b", "12345678901234567890123");
  add(std::string{"\0\xff", 2}, R"("AP8")");
  rows["c"] = query::row_absent{partition_id{0}, offset{7}};
  rows["d"] = query::row_recovering{partition_id{0}, recovery_status{offset{5}, offset{9}, 5, {}, {}}};
  rows["e"] = query::row_elsewhere{partition_id{1}};
  return rows;
}

task<std::string> act(std::string input) { co_return input; }

/// A program with a processor, a view, rows and an action, on one thread and in virtual time.
class program {
 public:
  program() {
    source_.all = {test::some_processor("planes", 2)};
    edge_status letters;
    letters.what = edge_status::kind::dead_letters;
    letters.topic = "dead";
    source_.all.front().edges.push_back(letters);
    source_.all_views = {test::some_view("users", 2)};
    source_.rows_of["planes-table"] = some_rows();
    source_.rows_of["t/ü"] = some_rows();
    query::action a;
    a.id = "user:go";
    a.name = "go";
    a.check = [](const std::string& input) { return input == "13" ? std::string{"not 13"} : std::string{}; };
    a.body = [](action_run&, std::string input) { return act(std::move(input)); };
    board_.add(std::move(a));
    query::route_all(routes_, source_, monitor_);
    query::route_actions(routes_, board_, changes_);
    monitor_.see();
    monitor_.see();
  }

  /// What a server that asks for the token for everything says instead of the answer.
  std::optional<http::response> refuse(const http::call& what) {
    const auto at = http::parse_target(what.target);
    if (!at) return std::nullopt;
    std::vector<http::field> fields;
    for (const auto& [name, value] : what.fields) fields.push_back({name, value});
    http::request r;
    r.method = what.method;
    r.path = at->path;
    r.query = at->query;
    r.fields = fields;
    if (auto refused = everything_.admit(r)) return refused;
    r.body = what.body;
    return everything_.admit_whole(r);
  }
  http::reply answer(http::call what) {
    std::optional<http::reply> got;
    boost::asio::co_spawn(loop_, http::dispatch(routes_, std::move(what)),
                          [&](std::exception_ptr failed, http::reply r) {
                            // A handler that throws is the program's fault: the client would get 500.
                            if (failed) std::rethrow_exception(failed);
                            got = std::move(r);
                          });
    loop_.restart();
    loop_.poll();
    require(got.has_value());
    return std::move(*got);
  }

 private:
  boost::asio::io_context loop_{1};
  virtual_clock time_;
  test::fake_source source_;
  query::event_log log_{time_};
  query::monitor monitor_{loop_.get_executor(), time_, source_, log_};
  query::action_board board_{loop_.get_executor(), time_, log_};
  query::access changes_{"t", query::access::needed::actions, time_};
  query::access everything_{"t", query::access::needed::everything, time_};
  http::router routes_;
};

void check(const http::reply& r) {
  require(r.status >= 200 && r.status < 500);
  for (const auto& [name, value] : r.fields) {
    require(!name.empty());
    require(std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }));
  }
  const auto type = r.header("Content-Type").value_or("");
  auto body = r.body;
  if (const auto how = r.header("Content-Encoding")) {
    const auto whole = test::gunzip(body);
    require(*how == "gzip" && whole);
    body = *whole;
  }
  if (type == "application/json" || type == "application/problem+json") require(nlohmann::json::accept(body));
}

/// What a connection would make of the bytes, one request after another.
template <class Take>
void read(std::string_view bytes, Take take) {
  http::request_reader reader{http::limits{}};
  while (true) {
    const auto s = reader.step();
    if (s == http::request_reader::status::refused) return;
    if (s == http::request_reader::status::complete ||
        (s == http::request_reader::status::header && reader.complete())) {
      http::call what;
      what.method = reader.method();
      what.target = reader.target();
      for (const auto& f : reader.fields()) what.fields.emplace_back(f.name, f.value);
      what.body = reader.body();
      take(std::move(what));
      reader.next();
    } else if (s == http::request_reader::status::need_more) {
      if (bytes.empty()) return;
      const auto room = reader.space();
      const auto n = std::min(room.size(), bytes.size());
      std::memcpy(room.data(), bytes.data(), n);
      reader.filled(n);
      bytes.remove_prefix(n);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static program p;
  read({reinterpret_cast<const char*>(data), size}, [](http::call what) {
    if (const auto no = p.refuse(what)) require(no->status() == 401);
    check(p.answer(std::move(what)));
  });
  return 0;
}
