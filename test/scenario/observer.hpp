// Watches callbacks that overlap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace corka::test {

/// What runs, and in which order it ran.
struct observer {
  std::size_t running = 0;
  std::size_t most = 0;
  std::set<std::string> busy;
  bool overlapped = false;
  std::map<std::string, std::string> ended;  // per key, values in the order of their ends
  std::vector<std::string> begun;

  /// For as long as a callback runs.
  class visit {
   public:
    visit(observer& by, std::string_view key, const std::string& value) : by_{by}, key_{key} {
      by_.most = std::max(by_.most, ++by_.running);
      if (!by_.busy.insert(key_).second) by_.overlapped = true;
      by_.begun.push_back(value);
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
      --by_.running;
      by_.busy.erase(key_);
    }
    void done(const std::string& value) { by_.ended[key_] += value; }

   private:
    observer& by_;
    std::string key_;
  };
};

}  // namespace corka::test
