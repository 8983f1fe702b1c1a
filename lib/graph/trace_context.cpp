#include <corka/trace_context.hpp>

#include <algorithm>
#include <random>

namespace corka {

namespace {

constexpr std::string_view traceparent_name = "traceparent";
constexpr std::string_view tracestate_name = "tracestate";
constexpr std::size_t most_members = 32;
constexpr std::size_t longest_part = 256;  // of a key or a value
constexpr std::size_t version_00_size = 55;

/// Value of a lower-case hexadecimal digit, the only ones allowed; -1 for others.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

void write_hex(std::string& to, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const auto b : bytes) {
    to += digits[b >> 4U];
    to += digits[b & 15U];
  }
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; });
}

/// Fills an id that is not all zero, which would be invalid.
void randomize(std::span<std::uint8_t> id) {
  thread_local std::mt19937_64 source{(std::uint64_t{std::random_device{}()} << 32U) ^ std::random_device{}()};
  do {
    for (auto& b : id) b = static_cast<std::uint8_t>(source());
  } while (all_zero(id));
}

bool same_name(std::string_view name, std::string_view lower) {
  return std::ranges::equal(name, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool valid_key(std::string_view key) {
  if (key.empty() || key.size() > longest_part) return false;
  if (!is_lower(key.front()) && !is_digit(key.front())) return false;
  return std::ranges::all_of(key, [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
  });
}

bool valid_value(std::string_view value) {
  if (value.empty() || value.size() > longest_part || value.back() == ' ') return false;
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

using members = std::vector<std::pair<std::string, std::string>>;

/// Appends the members of one header; false: it is malformed.
bool read_members(std::string_view list, members& into) {
  while (true) {
    const auto comma = list.find(',');
    const auto member = trimmed(list.substr(0, comma));
    if (!member.empty()) {  // empty members are allowed and mean nothing
      const auto equals = member.find('=');
      if (equals == std::string_view::npos) return false;
      const auto key = member.substr(0, equals);
      const auto value = member.substr(equals + 1);
      if (!valid_key(key) || !valid_value(value) || into.size() == most_members) return false;
      if (std::ranges::find(into, key, &members::value_type::first) != into.end()) return false;
      into.emplace_back(key, value);
    }
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<trace_context> trace_context::parse(std::string_view traceparent,
                                                  std::span<const std::string_view> tracestates) {
  const auto text = trimmed(traceparent);
  if (text.size() < version_00_size || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  trace_context found;
  if (!read_hex(text, version) || version[0] == 0xff) return std::nullopt;
  // Later versions may say more behind a dash; what version 00 says is understood in them too.
  if (text.size() > version_00_size && (version[0] == 0 || text[version_00_size] != '-')) return std::nullopt;
  if (!read_hex(text.substr(3), found.trace) || all_zero(found.trace)) return std::nullopt;
  if (!read_hex(text.substr(36), found.span) || all_zero(found.span)) return std::nullopt;
  if (!read_hex(text.substr(53), flags)) return std::nullopt;
  // Flags that are not known are not sent on.
  found.flags = static_cast<std::uint8_t>(flags[0] & (sampled_flag | random_flag));
  for (const auto list : tracestates) {
    if (read_members(list, found.state)) continue;
    found.state.clear();
    break;
  }
  return found;
}

std::optional<trace_context> trace_context::of(std::span<const header_view> headers) {
  std::optional<std::string_view> parent;
  std::vector<std::string_view> states;
  for (const auto& h : headers) {
    if (same_name(h.name, traceparent_name)) {
      if (parent) return std::nullopt;
      parent = h.value.value_or(std::string_view{});
    } else if (h.value && same_name(h.name, tracestate_name)) {
      states.push_back(*h.value);
    }
  }
  if (!parent) return std::nullopt;
  return parse(*parent, states);
}

trace_context trace_context::begin(bool sampled) {
  trace_context made;
  randomize(made.trace);
  randomize(made.span);
  made.flags = random_flag;
  if (sampled) made.flags |= sampled_flag;
  return made;
}

trace_context trace_context::child() const {
  auto made = *this;
  randomize(made.span);
  return made;
}

std::string trace_context::traceparent() const {
  std::string out;
  out.reserve(version_00_size);
  out += "00-";
  write_hex(out, trace);
  out += '-';
  write_hex(out, span);
  out += '-';
  write_hex(out, std::span{&flags, 1});
  return out;
}

std::string trace_context::tracestate() const {
  std::string out;
  for (const auto& [key, value] : state) {
    if (!out.empty()) out += ',';
    out += key;
    out += '=';
    out += value;
  }
  return out;
}

std::vector<header> trace_context::headers() const {
  std::vector<header> both{{std::string{traceparent_name}, traceparent()}};
  if (!state.empty()) both.push_back({std::string{tracestate_name}, tracestate()});
  return both;
}

propagate_trace::running propagate_trace::operator()(invocation& call) const {
  running r;
  if (const auto parent = trace_context::of(call.headers())) {
    r.own_ = parent->child();
    r.parent_ = parent->span;
  } else if (options_.begin_traces) {
    r.own_ = trace_context::begin(options_.sampled);
  }
  if (!r.own_) return r;
  r.options_ = &options_;
  r.call_ = &call;
  for (auto& h : r.own_->headers()) call.add_header(std::move(h.name), std::move(h.value));
  return r;
}

void propagate_trace::running::operator()(outcome& of) const {
  if (own_ && options_->on_span) options_->on_span({*own_, parent_, *call_, of});
}

}  // namespace corka
