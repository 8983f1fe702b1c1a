#include "http/response_head.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace corka::http {

namespace {

constexpr std::string_view for_all =
    "X-Content-Type-Options: nosniff\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";
// For what browsers may show by itself.
constexpr std::string_view for_documents =
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n";
// What no page needs; pages bring their own.
constexpr std::string_view nothing_allowed = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";

/// A script, style or font: with nosniff a browser takes it for nothing else, so that it is never a document, which is
/// what framing and policies are about. A page needs thirty of them.
bool is_part_of_page(const response& r) noexcept {
  const auto type = r.header("Content-Type");
  return type && (type->starts_with("text/javascript") || type->starts_with("text/css") || type->starts_with("font/"));
}

}  // namespace

std::string_view http_date::at(std::int64_t wall_ms) {
  using namespace std::chrono;
  const auto second = floor<seconds>(milliseconds{wall_ms});
  if (second.count() == second_) return text_;
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds at{second};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  text_ =
      fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[weekday{day}.c_encoding()],
                  static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                  static_cast<int>(date.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
  second_ = second.count();
  return text_;
}

// Pieces and not formats: each answer has a head.
void write_head(std::string& out, const response& r, const head_options& o) {
  const auto number = [](auto n) { return fmt::format_int{n}; };
  out.assign("HTTP/1.1 ").append(number(r.status()).c_str()).append(" ").append(reason(r.status()));
  out.append("\r\nDate: ").append(o.date).append("\r\n");
  if (r.streamed()) {
    // A client of HTTP/1.0 knows the end by the connection's.
    if (!o.http_1_0) out += "Transfer-Encoding: chunked\r\n";
  } else if (may_have_body(r.status())) {
    out.append("Content-Length: ").append(number(r.body().size()).c_str()).append("\r\n");
  }
  if (!o.keep_alive) {
    out += "Connection: close\r\n";
  } else if (o.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += for_all;
  if (!is_part_of_page(r)) {
    out += for_documents;
    if (!r.header("Content-Security-Policy")) out += nothing_allowed;
  }
  if (!r.header("Cache-Control")) out += "Cache-Control: no-store\r\n";
  out += r.fields();
  out += "\r\n";
}

}  // namespace corka::http
