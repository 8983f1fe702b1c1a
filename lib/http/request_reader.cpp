#include "http/request_reader.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace corka::http {

namespace {

namespace beast = boost::beast;
using error_code = beast::error_code;

constexpr std::size_t read_bytes = 4096;
// What a chunk's own header, or its trailers, may take up besides.
constexpr std::size_t slack_bytes = 4096;
// A body's memory that a connection keeps for the next one.
constexpr std::size_t kept_body_bytes = 64 * 1024;

// Where a message's parts are kept while it is answered: one text for all names and values, so that a request costs no
// allocation once the connection has seen one like it.
struct message {
  struct piece {
    std::size_t at = 0;
    std::size_t size = 0;
  };
  std::string text;
  piece method;
  piece target;
  std::vector<std::pair<piece, piece>> raw_fields;
  std::vector<field> fields;
  std::string body;
  std::size_t header_bytes = 0;
  bool http_1_0 = false;

  void clear() {
    header_bytes = 0;
    text.clear();
    raw_fields.clear();
    fields.clear();
    body.clear();
    if (body.capacity() > kept_body_bytes) body.shrink_to_fit();
  }
  piece keep(std::string_view part) {
    const piece p{text.size(), part.size()};
    text += part;
    return p;
  }
  std::string_view view(piece p) const { return std::string_view{text}.substr(p.at, p.size); }
};

std::string_view plain(beast::string_view s) { return {s.data(), s.size()}; }

class parser final : public beast::http::basic_parser<true> {
 public:
  parser(message& into, std::size_t header_bytes) : into_{into}, header_bytes_{header_bytes} {}

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code&) override {
    into_.method = into_.keep(plain(method));
    into_.target = into_.keep(plain(target));
    into_.http_1_0 = version == 10;
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, error_code& ec) override {
    // Beast's own limit is on what one call of `put` sees, which is little where fields arrive one by one.
    into_.header_bytes += name.size() + value.size() + 4;
    if (into_.header_bytes > header_bytes_) {
      ec = beast::http::error::header_limit;
      return;
    }
    // Trailers are read over: they must not change what was decided by the header.
    if (is_header_done()) return;
    const auto kept = into_.keep(plain(name));
    into_.raw_fields.emplace_back(kept, into_.keep(plain(value)));
  }
  void on_header_impl(error_code&) override {
    for (const auto& [name, value] : into_.raw_fields) into_.fields.push_back({into_.view(name), into_.view(value)});
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) into_.body.reserve(std::min<std::size_t>(*length, kept_body_bytes));
  }
  std::size_t on_body_impl(beast::string_view part, error_code&) override { return append(part); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part, error_code&) override { return append(part); }
  void on_finish_impl(error_code&) override {}

  std::size_t append(beast::string_view part) {
    into_.body.append(part.data(), part.size());
    return part.size();
  }

  message& into_;
  std::size_t header_bytes_;
};

bool starts_a_method(char c) noexcept { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

struct request_reader::impl {
  explicit impl(const limits& b) : bounds{b}, buffer{b.header_bytes + slack_bytes + read_bytes} { renew(); }

  void renew() {
    read.clear();
    parsing.emplace(read, bounds.header_bytes);
    parsing->header_limit(static_cast<std::uint32_t>(bounds.header_bytes));
    parsing->body_limit(bounds.body_bytes);
    header_told = false;
  }

  [[nodiscard]] std::string_view waiting() const {
    const auto data = buffer.data();
    return {static_cast<const char*>(data.data()), data.size()};
  }

  status refuse(unsigned code, std::string_view type, std::string detail) {
    reason = {code, type, std::move(detail)};
    return status::refused;
  }

  status step();
  status refuse_header();
  status refuse(error_code ec);
  std::optional<status> check_header();

  const limits bounds;
  beast::flat_buffer buffer;
  message read;
  std::optional<parser> parsing;
  bool header_told = false;
  refusal reason;
};

request_reader::status request_reader::impl::step() {
  if (!parsing->got_some()) {
    // Some clients end a body with a line end that belongs to nothing (RFC 9112, section 2.2).
    while (waiting().starts_with("\r\n")) buffer.consume(2);
    if (waiting().empty() || waiting() == "\r") return status::need_more;
    // Otherwise what is no HTTP at all, such as TLS, would wait for the end of a header until it times out.
    if (!starts_a_method(waiting().front())) {
      return refuse(400, "malformed-request", "the request does not begin with a method: is this plain HTTP?");
    }
  }
  while (true) {
    // Until a chunked body ends at least "0\r\n\r\n" is to come; with less Beast asserts.
    if (parsing->is_header_done() && parsing->chunked() && buffer.size() < 5) return status::need_more;
    error_code ec;
    const bool had_header = parsing->is_header_done();
    const auto used = parsing->put(buffer.data(), ec);
    if (ec == beast::http::error::header_limit) return refuse_header();
    buffer.consume(used);
    if (ec == beast::http::error::need_more) {
      if (buffer.size() + read_bytes <= buffer.max_size()) return status::need_more;
      if (!had_header) return refuse_header();
      return refuse(400, "malformed-request", "the header or the trailers of a chunk are too long");
    }
    if (ec) return refuse(ec);
    if (!header_told && parsing->is_header_done()) {
      header_told = true;
      if (const auto bad = check_header()) return *bad;
      return status::header;
    }
    if (parsing->is_done()) return status::complete;
    if (buffer.size() == 0) return status::need_more;
  }
}

// What has arrived of a header is longer than all of it may be.
request_reader::status request_reader::impl::refuse_header() {
  const bool in_first_line = waiting().substr(0, bounds.target_bytes).find("\r\n") == std::string_view::npos;
  if (in_first_line && read.text.empty()) {
    return refuse(414, "target-too-long",
                  "the request target is longer than " + std::to_string(bounds.target_bytes) + " bytes");
  }
  return refuse(431, "header-too-large",
                "the request's header is larger than " + std::to_string(bounds.header_bytes) + " bytes");
}

request_reader::status request_reader::impl::refuse(error_code ec) {
  using beast::http::error;
  if (ec == error::body_limit) {
    return refuse(413, "body-too-large",
                  "the request's body is larger than " + std::to_string(bounds.body_bytes) + " bytes");
  }
  if (ec == error::bad_version) return refuse(505, "version-unknown", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  return refuse(400, "malformed-request", "the request is malformed: " + ec.message());
}

std::optional<request_reader::status> request_reader::impl::check_header() {
  if (read.target.size > bounds.target_bytes) {
    return refuse(414, "target-too-long",
                  "the request target is longer than " + std::to_string(bounds.target_bytes) + " bytes");
  }
  int hosts = 0;
  bool encoded = false;
  for (const auto& f : read.fields) {
    if (equal_ignoring_case(f.name, "Host")) {
      ++hosts;
    } else if (equal_ignoring_case(f.name, "Transfer-Encoding")) {
      // Where the body ends must not be a matter of opinion: one encoding, understood, and not in HTTP/1.0.
      if (encoded || read.http_1_0 || !equal_ignoring_case(f.value, "chunked")) {
        return refuse(501, "encoding-unknown", "the only transfer encoding known here is 'chunked'");
      }
      encoded = true;
    }
  }
  if (hosts > 1) return refuse(400, "malformed-request", "the request has more than one Host");
  if (hosts == 0 && !read.http_1_0) return refuse(400, "malformed-request", "the request has no Host");
  return {};
}

request_reader::request_reader(const limits& bounds) : impl_{std::make_unique<impl>(bounds)} {}
request_reader::~request_reader() = default;

std::span<char> request_reader::space() {
  const auto room = impl_->buffer.prepare(std::min(read_bytes, impl_->buffer.max_size() - impl_->buffer.size()));
  return {static_cast<char*>(room.data()), room.size()};
}
void request_reader::filled(std::size_t bytes) { impl_->buffer.commit(bytes); }
request_reader::status request_reader::step() { return impl_->step(); }
void request_reader::next() { impl_->renew(); }

bool request_reader::begun() const noexcept { return impl_->parsing->got_some() || impl_->buffer.size() != 0; }
bool request_reader::complete() const noexcept { return impl_->parsing->is_done(); }
std::string_view request_reader::method() const noexcept { return impl_->read.view(impl_->read.method); }
std::string_view request_reader::target() const noexcept { return impl_->read.view(impl_->read.target); }
std::span<const field> request_reader::fields() const noexcept { return impl_->read.fields; }
bool request_reader::http_1_0() const noexcept { return impl_->read.http_1_0; }
bool request_reader::keep_alive() const noexcept { return impl_->parsing->keep_alive(); }
std::string_view request_reader::body() const noexcept { return impl_->read.body; }
const request_reader::refusal& request_reader::why() const noexcept { return impl_->reason; }

}  // namespace corka::http
