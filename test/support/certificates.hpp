// Certificates for tests, made as they are needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace corka::test {

/// Files in PEM: a certificate that vouches for itself, and its key.
struct certificate_files {
  std::string certificate;
  std::string key;
};

/// For servers with these names, DNS names or IP addresses ("DNS:localhost", "IP:127.0.0.1"), for a day, in `folder`.
[[nodiscard]] certificate_files make_certificate(const std::filesystem::path& folder, const std::string& file,
                                                 const std::vector<std::string>& names);

}  // namespace corka::test
