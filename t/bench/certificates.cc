// SPDX-License-Identifier: MIT
// certificates.cc -- what ten thousand certificates cost a worker: reading them from the Bundle and filing them by name, and
// what the first handshake of a name pays for decoding its pair.
#include "runtime/certificates.h"

#include "config/codec.h"
#include "tls/generate.h"

#include <fmt/format.h>

#include <chrono>

namespace {

using namespace pm;
using Clock = std::chrono::steady_clock;

constexpr int count = 10000;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string encoded_configuration() {
  const auto pair = tls::generate_pair("bench.test", {"bench.test", "www.bench.test"});
  config::Config config;
  for (int i = 0; i < count; ++i) {
    config::CertificatePair& made = config.dynamic.certificates.emplace_back();
    made.certificates = tls::pem_of(pair->certificate.get());
    made.key = tls::pem_of(pair->key.get());
    made.key_kind = "ecdsa";
    made.names = {fmt::format("t{}.test", i), fmt::format("www.t{}.test", i)};
  }
  return config::encode(config);
}

}  // namespace

int main() {
  const std::string bytes = encoded_configuration();
  const auto start = Clock::now();
  const auto config = config::decode(bytes);
  runtime::Certificates certificates(config->dynamic);
  const double built = milliseconds_since(start);

  const tls::ContextPtr context(SSL_CTX_new(TLS_server_method()));
  double first = 0;
  double second = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string name = fmt::format("t{}.test", i * 97);
    for (double* total : {&first, &second}) {
      const tls::SslPtr ssl(SSL_new(context.get()));
      const auto began = Clock::now();
      if (!certificates.provide(ssl.get(), name, true)) return 1;
      *total += milliseconds_since(began);
    }
  }
  fmt::print(
      "{} certificates: {:.0f} ms to build (target 300); a name's first handshake pays {:.2f} ms "
      "more (target 1)\n",
      count, built, (first - second) / 100);
  return built < 300 && (first - second) / 100 < 1 ? 0 : 1;
}
