// SPDX-License-Identifier: MIT
// inspect_certificates.cc -- the loader's look at every pair: what a worker can serve, and what its operator should know.
#include "core/random.h"
#include "core/text.h"
#include "runtime/tls_plan.h"
#include "tls/generate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pm::runtime {
namespace {

std::string day_of(std::int64_t seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

class Inspector {
 public:
  Inspector(config::Config& config, config::Findings& findings, std::int64_t now)
      : config_(config), findings_(findings), now_(now) {}

  void run() {
    config::Dynamic& dynamic = config_.dynamic;
    for (config::CertificatePair& pair : dynamic.certificates)
      judge(pair, "certificate");
    drop_shadowed(dynamic.certificates);
    for (config::TlsStore& store : dynamic.tls_stores)
      judge_store(store);
    for (config::ServersTransport& transport : dynamic.servers_transports)
      judge_transport(transport);
    judge_transport(config_.fixed.servers_transport);
    make_default();
  }

 private:
  void judge(config::CertificatePair& pair, std::string_view what);
  void drop_shadowed(std::vector<config::CertificatePair>& pairs);
  void judge_store(config::TlsStore& store);
  void judge_transport(config::ServersTransport& transport) {
    for (config::CertificatePair& pair : transport.certificates)
      judge(pair, "client certificate");
  }
  bool takes_https() const;
  void make_default();

  config::Config& config_;
  config::Findings& findings_;
  std::int64_t now_;
};

std::string name_of(const config::CertificatePair& pair) {
  const std::string& written = pair.cert_file.value;
  return written.find('\n') == std::string::npos ? text::quoted(written) : "given as content";
}

void Inspector::judge(config::CertificatePair& pair, std::string_view what) {
  if (!pair.is_usable()) return;
  const std::string subject = fmt::format("{} {}", what, name_of(pair));
  const auto decoded = tls::decode_pair(pair.certificates, pair.key);
  if (!decoded) {
    findings_.broken(pair.cert_file.mark,
                     fmt::format("{} is left out: {}", subject, decoded.error().what),
                     "give it a PEM certificate and the unencrypted key that belongs to it");
    pair.certificates.clear();
    pair.key.clear();
    return;
  }
  tls::PairFacts facts = tls::inspect(*decoded);
  if (facts.not_after < now_) {
    findings_.warning(pair.cert_file.mark,
                      fmt::format("{} has expired on {}", subject, day_of(facts.not_after)),
                      "renew it");
  } else if (facts.not_before > now_) {
    findings_.warning(pair.cert_file.mark,
                      fmt::format("{} is not valid before {}", subject, day_of(facts.not_before)),
                      "set the clock, or wait");
  }
  if (!facts.weakness.empty())
    findings_.warning(pair.cert_file.mark, fmt::format("{} is weak: {}", subject, facts.weakness),
                      "make a new one");
  pair.names = std::move(facts.names);
  pair.key_kind = std::move(facts.key_kind);
  pair.not_after = facts.not_after;
  pair.common_name = std::move(facts.common_name);
  pair.serial = std::move(facts.serial);
  pair.dns_names = std::move(facts.dns_names);
}

// Of two certificates for the same names and the same kind of key the first is served (tls-acme.md section 1).
void Inspector::drop_shadowed(std::vector<config::CertificatePair>& pairs) {
  std::set<std::pair<std::string, std::string>> seen;
  for (config::CertificatePair& pair : pairs) {
    if (!pair.is_usable()) continue;
    if (seen.emplace(tls::selection_key(pair.names), pair.key_kind).second) continue;
    findings_.warning(
        pair.cert_file.mark,
        fmt::format("certificate {} is left out: an earlier one has the same names and kind of key",
                    name_of(pair)),
        "keep one of them");
    pair.certificates.clear();
    pair.key.clear();
  }
}

void Inspector::judge_store(config::TlsStore& store) {
  if (store.name != "default") {
    findings_.warning(
        store.mark,
        fmt::format("tls.stores.{} has no effect: only default is served from", store.name),
        "rename it");
  }
  if (store.default_certificate) judge(*store.default_certificate, "default certificate");
}

bool Inspector::takes_https() const {
  const auto& routers = config_.dynamic.routers;
  const auto& entry_points = config_.fixed.entry_points;
  return std::any_of(routers.begin(), routers.end(),
                     [](const config::Router& router) { return router.tls.has_value(); }) ||
         std::any_of(entry_points.begin(), entry_points.end(),
                     [](const config::EntryPoint& on) { return on.http.tls.has_value(); });
}

void Inspector::make_default() {
  const auto& stores = config_.dynamic.tls_stores;
  const bool is_given =
      std::any_of(stores.begin(), stores.end(), [](const config::TlsStore& store) {
        return store.name == "default" && store.default_certificate.has_value();
      });
  config::Dynamic& dynamic = config_.dynamic;
  if (is_given || !takes_https()) {
    dynamic.generated_certificate.clear();
    dynamic.generated_key.clear();
    return;
  }
  if (!dynamic.generated_certificate.empty()) return;  // of the configuration before
  Random random;
  const std::string name = fmt::format("{:016x}{:016x}.{:016x}{:016x}.pointsman.default",
                                       random.next(), random.next(), random.next(), random.next());
  const auto pair = tls::generate_pair("pointsman default certificate", {name});
  if (!pair) {
    findings_.warning({}, "no default certificate: " + pair.error().what);
    return;
  }
  dynamic.generated_certificate = tls::pem_of(pair->certificate.get());
  dynamic.generated_key = tls::pem_of(pair->key.get());
}

}  // namespace

void inspect_certificates(config::Config& config, config::Findings& findings, std::int64_t now) {
  Inspector(config, findings, now).run();
}

}  // namespace pm::runtime
