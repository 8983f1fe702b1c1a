#include "store/lmdb/failure.hpp"

#include <corka/error.hpp>

#include <lmdb.h>
#include <cerrno>
#include <string>

namespace corka::store::lmdb {

namespace {

std::string_view cure(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return "free some space, or move the state with --state-dir";
    case EACCES:
    case EPERM:
    case EROFS: return "make the folder writable, or choose another one with --state-dir";
    case ENOMEM: return "give the process more address space: ulimit -v";
    case MDB_READERS_FULL: return "hold fewer snapshots at a time";
    case EMFILE:
    case ENFILE: return "allow more open files: ulimit -n";
    default: return "stop this process and delete the folder: the rows are recovered from the changelog";
  }
}

}  // namespace

void fail(int code, const std::filesystem::path& folder, std::string_view doing) {
  if (code == MDB_MAP_FULL) throw map_full{};
  const auto message = "store in '" + folder.string() + "': " + std::string{doing} + " failed: " + mdb_strerror(code) +
                       " (" + std::string{cure(code)} + ")";
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: throw file_damaged{errc::store_failed, message};
    default: throw error{errc::store_failed, message};
  }
}

}  // namespace corka::store::lmdb
