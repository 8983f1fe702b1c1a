#include "system/membership/observations.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace corka::test {

time_us steady_now() {
  return std::chrono::duration_cast<time_us>(std::chrono::steady_clock::now().time_since_epoch());
}

void observations::follow(char member, const std::filesystem::path& journal) {
  std::ofstream{journal, std::ios::app}.close();  // it is read before the member has begun it
  sources_.push_back({member, std::ifstream{journal, std::ios::binary}, {}});
}

void observations::refresh() {
  std::array<char, 65'536> some{};
  for (auto& s : sources_) {
    s.in.clear();
    while (s.in.read(some.data(), some.size()), s.in.gcount() > 0) {
      s.rest.append(some.data(), static_cast<std::size_t>(s.in.gcount()));
    }
    std::size_t from = 0;
    for (auto end = s.rest.find('\n'); end != std::string::npos; end = s.rest.find('\n', from)) {
      take(s.member, s.rest.substr(from, end - from));
      from = end + 1;
    }
    s.rest.erase(0, from);
  }
  for (auto& [where, all] : seen_) std::ranges::sort(all, {}, &sighting::at);
}

void observations::take(char member, const std::string& line) {
  std::istringstream fields{line};
  std::int64_t at = 0;
  std::int64_t sent = 0;
  place where;
  sighting s;
  fields >> at >> where.first >> where.second >> s.offset >> sent;
  s.at = time_us{at};
  s.sent = milliseconds{sent};
  s.member = member;
  seen_[where].push_back(s);
}

std::optional<ownership> observations::owners(const std::vector<std::string>& topics, std::int32_t partitions,
                                              milliseconds window) const {
  const auto since = steady_now() - window;
  ownership all;
  for (const auto& topic : topics) {
    for (std::int32_t p = 0; p < partitions; ++p) {
      const auto found = seen_.find({topic, p});
      if (found == seen_.end() || found->second.back().at < since) return std::nullopt;
      for (auto s = found->second.rbegin(); s != found->second.rend() && s->at >= since; ++s) {
        if (all.try_emplace(p, s->member).first->second != s->member) return std::nullopt;
      }
    }
  }
  return all;
}

milliseconds observations::longest_handover(const std::vector<std::string>& topics, std::int32_t number, time_us since,
                                            time_us until) const {
  time_us longest{0};
  for (const auto& topic : topics) {
    const auto& all = seen_.at({topic, number});
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].at < since || all[i].at > until) continue;
      if (all[i].member != all[i - 1].member) longest = std::max(longest, all[i].at - all[i - 1].at);
    }
  }
  return std::chrono::ceil<milliseconds>(longest);
}

milliseconds observations::longest_pause(const std::vector<std::string>& topics, std::int32_t number, time_us since,
                                         time_us until, milliseconds period) const {
  time_us longest{0};
  for (const auto& topic : topics) {
    const auto& all = seen_.at({topic, number});
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].at < since || all[i].at > until) continue;
      const auto load_paused = std::max(milliseconds{0}, all[i].sent - all[i - 1].sent - period);
      longest = std::max(longest, all[i].at - all[i - 1].at - load_paused);
    }
  }
  return std::chrono::ceil<milliseconds>(longest);
}

std::vector<std::int64_t> observations::missing(const place& where, std::int64_t end) const {
  std::vector<bool> have(static_cast<std::size_t>(end));
  const auto found = seen_.find(where);
  if (found != seen_.end()) {
    for (const auto& s : found->second) {
      if (s.offset < end) have[static_cast<std::size_t>(s.offset)] = true;
    }
  }
  std::vector<std::int64_t> lacking;
  for (std::int64_t o = 0; o < end; ++o) {
    if (!have[static_cast<std::size_t>(o)]) lacking.push_back(o);
  }
  return lacking;
}

std::size_t observations::repeated(time_us since, time_us until) const {
  std::size_t count = 0;
  for (const auto& [where, all] : seen_) {
    std::set<std::int64_t> before;
    for (const auto& s : all) {
      if (!before.insert(s.offset).second && s.at >= since && s.at < until) ++count;
    }
  }
  return count;
}

}  // namespace corka::test
