#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace corka::test {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
template <class T, auto Free>
using owned = std::unique_ptr<T, freed_by<Free>>;

owned<std::FILE, &std::fclose> written(const std::string& path) {
  owned<std::FILE, &std::fclose> file{std::fopen(path.c_str(), "w")};
  if (!file) throw std::runtime_error{"cannot write " + path};
  return file;
}

}  // namespace

certificate_files make_certificate(const std::filesystem::path& folder, const std::string& file,
                                   const std::vector<std::string>& names) {
  const owned<EVP_PKEY, &EVP_PKEY_free> key{EVP_EC_gen("P-256")};
  const owned<X509, &X509_free> made{X509_new()};
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  // An hour ago: clocks differ.
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
  X509_set_pubkey(made.get(), key.get());
  auto* const subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("corka test"), -1, -1,
                             0);
  X509_set_issuer_name(made.get(), subject);
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ",") + name;
  const owned<X509_EXTENSION, &X509_EXTENSION_free> alternatives{
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, all.c_str())};
  const bool fine = alternatives && X509_add_ext(made.get(), alternatives.get(), -1) == 1 &&
                    X509_sign(made.get(), key.get(), EVP_sha256()) != 0;
  if (!fine) throw std::runtime_error{"cannot make a certificate for " + all};

  certificate_files files{(folder / (file + ".pem")).string(), (folder / (file + "-key.pem")).string()};
  PEM_write_X509(written(files.certificate).get(), made.get());
  PEM_write_PrivateKey(written(files.key).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return files;
}

}  // namespace corka::test
