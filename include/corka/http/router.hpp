// Which handler answers a request.
#pragma once

#include <corka/http/request.hpp>
#include <corka/http/response.hpp>

#include <corka/task.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace corka::http {

/// Answers one request. Runs on the server's strand; what it throws becomes a 500 and a line in the log.
using handler = std::function<task<response>(request)>;

/// Handlers by method and path pattern.
///
/// A pattern is segments between '/': text, or `{name}` for any one segment, the empty one too. A path is split at '/'
/// first and decoded then, so a parameter may hold any bytes, '/' (as %2F) among them. Text beats a parameter, segment
/// by segment from the left, and a branch that leads nowhere is left again. Life: filled before the server runs; then
/// only read.
class router {
 public:
  router();
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;
  ~router();

  /// GET handlers answer HEAD too. @throws std::invalid_argument for a pattern that is malformed or has that method
  /// already.
  router& add(std::string_view method, std::string_view pattern, handler h);
  router& get(std::string_view pattern, handler h) { return add("GET", pattern, std::move(h)); }
  router& post(std::string_view pattern, handler h) { return add("POST", pattern, std::move(h)); }

  enum class outcome {
    found,
    no_path,
    no_method,  ///< the path exists: `allow` says for what
    malformed,  ///< the path's percent-encoding
  };
  struct match {
    outcome result = outcome::no_path;
    const handler* run = nullptr;
    std::string_view allow;  ///< with every outcome where the path exists
  };
  /// Where a lookup leaves what it decoded; kept by the caller, so that lookups need no memory of their own.
  struct scratch {
    std::vector<std::string> segments;
    std::vector<parameter> parameters;
    std::vector<std::size_t> taken;  ///< which segments are parameters
  };
  [[nodiscard]] match find(std::string_view method, std::string_view path, scratch& space) const;

 private:
  struct node;
  std::unique_ptr<node> root_;
  std::size_t depth_ = 0;  // segments of the longest pattern
};

}  // namespace corka::http
