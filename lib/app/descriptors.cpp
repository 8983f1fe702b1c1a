#include "app/descriptors.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>

namespace corka::app_parts {

std::uint64_t files_for(std::uint64_t connections, std::uint64_t soft, std::uint64_t hard) {
  const auto needed = connections + other_descriptors;
  if (needed <= hard) return std::max(soft, needed);
  const auto cure =
      hard > other_descriptors
          ? fmt::format("raise it (ulimit -Hn, systemd's LimitNOFILE=), or give {} or fewer", hard - other_descriptors)
          : std::string{"raise it (ulimit -Hn, systemd's LimitNOFILE=)"};
  throw error{errc::invalid_option,
              fmt::format("--http-connections: {} connections need {} open files, and this process may have {}: {}",
                          connections, needed, hard, cure)};
}

void allow_files_for(std::uint64_t connections) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return;
  const auto wanted = files_for(connections, now.rlim_cur, now.rlim_max);
  if (wanted == now.rlim_cur) return;
  now.rlim_cur = wanted;
  // Up to the hard limit everybody may.
  ::setrlimit(RLIMIT_NOFILE, &now);
}

}  // namespace corka::app_parts
