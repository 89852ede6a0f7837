// SPDX-License-Identifier: MIT
// library.h -- OpenSSL's objects as values that free themselves, and its errors as text.
//
//   own     each pointer owns one reference
//   errors  take_error(): the oldest entry of the library's queue as a sentence; the queue is empty afterwards. Whoever
//           calls the library empties the queue when a call has failed: what is left there is told of the next connection
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace pm::tls {

struct Free {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
  void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
  void operator()(SSL_SESSION* p) const noexcept { SSL_SESSION_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(X509_STORE* p) const noexcept { X509_STORE_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(EVP_CIPHER* p) const noexcept { EVP_CIPHER_free(p); }
  void operator()(BIO* p) const noexcept { BIO_free_all(p); }
  void operator()(STACK_OF(X509) * p) const noexcept { sk_X509_pop_free(p, X509_free); }
};

using SslPtr = std::unique_ptr<SSL, Free>;
using ContextPtr = std::unique_ptr<SSL_CTX, Free>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using StorePtr = std::unique_ptr<X509_STORE, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using CipherPtr = std::unique_ptr<EVP_CIPHER, Free>;
using BioPtr = std::unique_ptr<BIO, Free>;
using ChainPtr = std::unique_ptr<STACK_OF(X509), Free>;

std::string take_error();

}  // namespace pm::tls
