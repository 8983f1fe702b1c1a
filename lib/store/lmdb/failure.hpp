// LMDB's return codes as errors.
#pragma once

#include <corka/error.hpp>

#include <filesystem>
#include <string_view>

namespace corka::store::lmdb {

/// The map has no room for what a writing transaction needs: environment::write grows it and runs the transaction
/// again.
struct map_full {};

/// LMDB finds its file damaged: whoever opens it drops it.
class file_damaged final : public error {
 public:
  using error::error;
};

/// Throws map_full for MDB_MAP_FULL, else file_damaged or another error{errc::store_failed} that names the folder, what
/// was tried, why not, and the cure. `code` is not 0.
[[noreturn]] void fail(int code, const std::filesystem::path& folder, std::string_view doing);

inline void check(int code, const std::filesystem::path& folder, std::string_view doing) {
  if (code != 0) fail(code, folder, doing);
}

}  // namespace corka::store::lmdb
