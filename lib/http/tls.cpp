#include "http/tls.hpp"

#include <corka/error.hpp>

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <openssl/ssl.h>

#include <string_view>

namespace corka::http {

namespace ssl = boost::asio::ssl;

namespace {

std::shared_ptr<ssl::context> context(ssl::context::method as) {
  auto made = std::make_shared<ssl::context>(as);
  made->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                    ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression);
  return made;
}

void check(const boost::system::error_code& failed, std::string_view what, const std::string& file,
           std::string_view cure) {
  if (!failed) return;
  throw error{errc::invalid_option, fmt::format("{} '{}': {}; {}", what, file, failed.message(), cure)};
}

}  // namespace

std::shared_ptr<ssl::context> server_tls(const tls_files& files) {
  auto made = context(ssl::context::tls_server);
  boost::system::error_code failed;
  made->use_certificate_chain_file(files.certificate, failed);
  check(failed, "HTTP certificate", files.certificate, "give a file with the server's certificate in PEM");
  // A key with a password would be asked for on the terminal.
  made->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; });
  made->use_private_key_file(files.key, ssl::context::pem, failed);
  check(failed, "HTTP key", files.key, "give a file with the certificate's private key in PEM, without a password");
  if (SSL_CTX_check_private_key(made->native_handle()) != 1) {
    throw error{errc::invalid_option,
                fmt::format("HTTP key '{}' does not belong to certificate '{}': give those that were made together",
                            files.key, files.certificate)};
  }
  return made;
}

std::shared_ptr<ssl::context> client_tls(const std::string& authorities) {
  auto made = context(ssl::context::tls_client);
  boost::system::error_code failed;
  if (authorities.empty()) made->set_default_verify_paths(failed);
  else made->load_verify_file(authorities, failed);
  check(failed, "HTTP authorities", authorities, "give a file with trusted certificates in PEM");
  made->set_verify_mode(ssl::verify_peer);
  return made;
}

}  // namespace corka::http
