#include <corka/http/response.hpp>

#include "http/field_rules.hpp"

#include <corka/http/request.hpp>

#include <stdexcept>

namespace corka::http {

response& response::set(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_value(value)) {
    throw std::invalid_argument{"'" + std::string{name} + "' is no header field that can be sent with this value"};
  }
  // Most answers have a few of them.
  if (fields_.empty()) fields_.reserve(256);
  fields_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

response& response::content(std::string_view type, std::string body) {
  body_ = std::move(body);
  static_.reset();
  return set("Content-Type", type);
}

response& response::static_content(std::string_view type, std::string_view bytes) {
  static_ = bytes;
  return set("Content-Type", type);
}

response& response::stream(std::string_view type, body_stream from) {
  stream_ = std::move(from);
  return set("Content-Type", type);
}

std::optional<std::string_view> response::header(std::string_view name) const noexcept {
  std::string_view rest = fields_;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const auto colon = line.find(':');
    if (equal_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
  }
  return {};
}

std::string_view reason(unsigned status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: break;
  }
  switch (status / 100) {
    case 1: return "Informational";
    case 2: return "Success";
    case 3: return "Redirection";
    case 4: return "Client Error";
    default: return "Server Error";
  }
}

}  // namespace corka::http
