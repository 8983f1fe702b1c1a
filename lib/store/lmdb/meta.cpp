#include "store/lmdb/meta.hpp"

#include <utility>

namespace corka::store::lmdb {

namespace {

void append_number(std::string& to, std::uint64_t n) {
  for (unsigned shift = 0; shift < 64; shift += 8) to += static_cast<char>(n >> shift & 0xFFU);
}

void append_text(std::string& to, std::string_view text) {
  append_number(to, text.size());
  to += text;
}

/// Takes fields off the front; once one is missing, all later ones are too.
class reader {
 public:
  explicit reader(std::string_view bytes) : left_{bytes} {}

  std::uint64_t number() {
    if (left_.size() < 8) return fail();
    std::uint64_t n = 0;
    for (unsigned i = 0; i < 8; ++i) n |= std::uint64_t{static_cast<unsigned char>(left_[i])} << (8 * i);
    left_.remove_prefix(8);
    return n;
  }
  std::string text() {
    const auto size = number();
    if (size > left_.size()) {
      fail();
      return {};
    }
    std::string t{left_.substr(0, size)};
    left_.remove_prefix(size);
    return t;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return left_.size(); }

 private:
  std::uint64_t fail() {
    failed_ = true;
    left_ = {};
    return 0;
  }
  std::string_view left_;
  bool failed_ = false;
};

}  // namespace

std::string encode(const meta& m) {
  std::string to{static_cast<char>(format_version)};
  append_text(to, m.of.topic);
  append_text(to, m.of.topic_id);
  append_number(to, static_cast<std::uint64_t>(m.of.partition));
  append_text(to, m.of.codec);
  append_number(to, static_cast<std::uint64_t>(m.at.changelog.value));
  append_number(to, static_cast<std::uint64_t>(m.at.written_ms));
  append_number(to, m.nodes.next_id);
  append_number(to, m.nodes.alive);
  append_number(to, m.at.inputs.size());
  for (const auto& [topic, next] : m.at.inputs) {
    append_text(to, topic);
    append_number(to, static_cast<std::uint64_t>(next.value));
  }
  return to;
}

std::optional<meta> decode_meta(std::string_view bytes, std::string& why) {
  if (bytes.empty()) {
    why = "its meta record is empty";
    return std::nullopt;
  }
  if (const auto version = static_cast<unsigned char>(bytes[0]); version != format_version) {
    why = "it has format " + std::to_string(version) + ", this corka reads format " + std::to_string(format_version);
    return std::nullopt;
  }
  reader in{bytes.substr(1)};
  meta m;
  m.of.topic = in.text();
  m.of.topic_id = in.text();
  m.of.partition = static_cast<std::int32_t>(in.number());
  m.of.codec = in.text();
  m.at.changelog = offset{static_cast<std::int64_t>(in.number())};
  m.at.written_ms = static_cast<std::int64_t>(in.number());
  m.nodes.next_id = in.number();
  m.nodes.alive = in.number();
  for (auto inputs = in.number(); inputs > 0 && !in.failed(); --inputs) {
    auto topic = in.text();
    const auto next = static_cast<std::int64_t>(in.number());
    m.at.inputs.emplace_back(std::move(topic), offset{next});
  }
  if (in.failed() || in.left() != 0) {
    why = "its meta record is damaged";
    return std::nullopt;
  }
  return m;
}

}  // namespace corka::store::lmdb
