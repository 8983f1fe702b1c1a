// The group of `recovery` and `takeover`, whose table is large.
#pragma once

namespace bench {

inline constexpr const char* large_input = "bench-input";
inline constexpr const char* large_group = "bench-large";

}  // namespace bench
