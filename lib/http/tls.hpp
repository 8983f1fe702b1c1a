// Certificates and keys.
#pragma once

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace corka::http {

/// Files in PEM. Read when the server opens.
struct tls_files {
  std::string certificate;  ///< the server's own first, then those that vouch for it
  std::string key;          ///< of the first; without a password
};

/// TLS 1.2 and newer.
/// @throws error{errc::invalid_option} for files that cannot be used, by name; never with what is in them.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> server_tls(const tls_files& files);
/// Trusts the certificates in `authorities` (PEM), or those of the system where it is empty; servers must prove their
/// names. @throws error{errc::invalid_option}.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> client_tls(const std::string& authorities);

}  // namespace corka::http
