#include "contract/kafka/transcript.hpp"

#include "base/excerpt.hpp"
#include "contract/kafka/transport_user.hpp"

#include <corka/partitioner.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <utility>

namespace corka::test {

std::string name_of(std::error_code code) { return code ? code.message() : "ok"; }

std::shared_ptr<transcript> transcript::of_this_case(std::int64_t now_ms) {
  const char* const file = std::getenv("CORKA_TRANSCRIPT");
  if (file == nullptr) return nullptr;
  static std::map<std::string, int> users;
  const std::string name = doctest::getContextOptions()->currentTest->m_name;
  const auto number = ++users[name];
  return std::make_shared<transcript>(file, name + (number == 1 ? "" : " (" + std::to_string(number) + ")"), now_ms);
}

transcript::transcript(std::string file, std::string title, std::int64_t now_ms)
    : file_{std::move(file)}, title_{std::move(title)}, began_ms_{now_ms} {}

transcript::~transcript() {
  std::ofstream out{file_, std::ios::app};
  out << "== " << title_ << "\n";
  for (const auto& e : entries_) out << e.line << "\n";
}

void transcript::say(std::string line, std::string about) {
  const std::lock_guard lock{mutex_};
  if (!about.empty() && !entries_.empty() && entries_.back().about == about) entries_.back().line = std::move(line);
  else entries_.push_back({std::move(line), std::move(about)});
}

std::string transcript::alias(const std::string& kind, const std::string& name) {
  const std::lock_guard lock{mutex_};
  return alias_of(kind, name);
}

std::string transcript::alias_of(const std::string& kind, const std::string& name) {
  auto& known = aliases_[kind];
  const auto number = known.emplace(name, known.size() + 1).first->second;
  return kind + "#" + std::to_string(number);
}

std::string transcript::next(const std::string& kind) {
  const std::lock_guard lock{mutex_};
  return kind + "#" + std::to_string(++counts_[kind]);
}

std::string transcript::where(const topic_partition& tp) {
  return topic(tp.topic) + "/" + std::to_string(tp.partition.value);
}

void transcript::joined(const group_name& name) {
  const std::lock_guard lock{mutex_};
  ++members_[name];
}

std::string transcript::where(const topic_partition& tp, const group_name& group, bool own) {
  {
    const std::lock_guard lock{mutex_};
    if (members_[group] > 1)
      return alias_of("topic", tp.topic.str()) + (own ? ", a number of its own" : ", a number of another's");
  }
  return where(tp);
}

std::string transcript::given_time(std::int64_t ms) {
  const std::lock_guard lock{mutex_};
  if (!first_given_) first_given_ = ms;
  given_.insert(ms);
  const auto after = ms - *first_given_;
  return std::string{after < 0 ? "T-" : "T+"} + std::to_string(after < 0 ? -after : after);
}

std::string transcript::time(std::int64_t ms, std::int64_t now_ms) {
  {
    const std::lock_guard lock{mutex_};
    if (!given_.contains(ms)) return ms >= began_ms_ && ms <= now_ms ? "now" : "at no time that was given";
  }
  return given_time(ms);
}

std::string transcript::shown(std::string_view bytes) {
  constexpr std::size_t most = 40;
  auto text = excerpt(bytes, most);
  if (bytes.size() > most) text += " hash " + std::to_string(fnv1a_32(bytes));
  return text;
}

std::string transcript::shown(std::string_view key, std::optional<std::string_view> value) {
  return shown(key) + (value ? " = " + shown(*value) : " is a tombstone");
}

std::string transcript::record(const kept_record& r, std::int64_t now_ms) {
  auto line = std::to_string(r.at) + " " + shown(r.key, r.value) + " " + time(r.timestamp_ms, now_ms);
  for (const auto& [name, value] : r.headers) {
    line += " [" + shown(name) + (value ? ": " + shown(*value) : " without a value") + "]";
  }
  return line;
}

}  // namespace corka::test
