#include <corka/http/problem.hpp>

#include <nlohmann/json.hpp>

namespace corka::http {

problem& problem::with(std::string name, value v) {
  members_.emplace_back(std::move(name), std::move(v));
  return *this;
}

problem& problem::header(std::string name, std::string v) {
  headers_.emplace_back(std::move(name), std::move(v));
  return *this;
}

response problem::answer() const {
  nlohmann::ordered_json body;
  body["type"] = "urn:corka:problem:" + type_;
  body["title"] = std::string{reason(status_)};
  body["status"] = status_;
  body["detail"] = detail_;
  for (const auto& [name, v] : members_) {
    std::visit([&body, &key = name](const auto& member) { body[key] = member; }, v);
  }
  response r{status_};
  for (const auto& [name, v] : headers_) r.set(name, v);
  r.content("application/problem+json",
            body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  return r;
}

}  // namespace corka::http
