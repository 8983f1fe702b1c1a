// Looks at an LMDB file before LMDB does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace corka::store::lmdb {

/// Empty where the data file can be opened and read; else what is wrong with it: "is cut short", "is damaged at page
/// 17".
///
/// LMDB believes its file: it reads past the end of one that was cut (SIGBUS) and follows page numbers wherever they
/// lead. Always checked: header pages, length, every page above the leaves and the list of free pages, which is about
/// one page in two hundred. The leaves are checked too if the file is no longer than `leaves_up_to` bytes. A changed
/// byte within a value is not noticed: LMDB keeps no checksums.
[[nodiscard]] std::string damage_of(const std::filesystem::path& data_file, std::uint64_t leaves_up_to);

}  // namespace corka::store::lmdb
