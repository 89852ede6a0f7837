// SPDX-License-Identifier: MIT
#include "runtime/tls_plan.h"

#include "core/text.h"
#include "tls/pair.h"
#include "tls/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::runtime {
namespace {

using config::At;
using config::Mark;
using config::MarkedList;

// The lists of words that server and client ends share.
class Reader {
 public:
  Reader(std::string subject, Mark mark, config::Findings& findings)
      : subject_(std::move(subject)), mark_(mark), findings_(findings) {}

  void broken(Mark mark, std::string what, std::string advice) {
    good_ = false;
    findings_.broken(mark.line != 0 ? mark : mark_, fmt::format("{} {}", subject_, what),
                     std::move(advice));
  }
  void warn(Mark mark, std::string what, std::string advice) {
    findings_.warning(mark.line != 0 ? mark : mark_, fmt::format("{} {}", subject_, what),
                      std::move(advice));
  }
  bool is_good() const noexcept { return good_; }

  std::vector<std::string> suites(const MarkedList& written);
  std::vector<std::string> groups(const MarkedList& written);
  void versions(const At<std::string>& least, const At<std::string>& most, int& min, int& max);

 private:
  std::string near(std::string_view word, const std::vector<std::string_view>& known) const {
    const std::string_view found = text::nearest(word, known);
    return found.empty() ? "pointsman.yaml(5) has the names"
                         : fmt::format("did you mean {}?", text::quoted(found));
  }

  std::string subject_;
  Mark mark_;
  config::Findings& findings_;
  bool good_ = true;
};

std::vector<std::string> Reader::suites(const MarkedList& written) {
  std::vector<std::string> list;
  bool names_newest = false;
  for (const At<std::string>& word : written) {
    const tls::Suite* suite = tls::find_suite(word.value);
    if (suite == nullptr) {
      broken(word.mark, fmt::format("names the unknown suite {}", text::quoted(word.value)),
             near(word.value, tls::suite_names()));
      continue;
    }
    if (suite->library.empty()) {
      names_newest = true;
      continue;
    }
    if (!tls::library_has(*suite)) {
      warn(word.mark,
           fmt::format("names the suite {}, which the TLS library no longer has",
                       text::quoted(word.value)),
           "take it out");
      continue;
    }
    if (!suite->is_modern) {
      warn(word.mark, fmt::format("allows the weak suite {}", text::quoted(word.value)),
           "keep to those with ECDHE and GCM or CHACHA20");
    }
    list.emplace_back(suite->library);
  }
  if (list.empty() && !written.empty() && !names_newest && good_)
    broken(written[0].mark, "is left without a suite", "name one that the TLS library has");
  return list;
}

std::vector<std::string> Reader::groups(const MarkedList& written) {
  std::vector<std::string> list;
  for (const At<std::string>& word : written) {
    const std::string_view group = tls::find_group(word.value);
    if (group.empty()) {
      broken(word.mark, fmt::format("names the unknown curve {}", text::quoted(word.value)),
             near(word.value, tls::group_names()));
    } else if (!tls::library_has_group(group)) {
      warn(word.mark,
           fmt::format("names the curve {}, which this TLS library does not have",
                       text::quoted(word.value)),
           "take it out");
    } else {
      list.emplace_back(group);
    }
  }
  if (list.empty() && !written.empty() && good_)
    broken(written[0].mark, "is left without a curve", "name X25519 or CurveP256 as well");
  return list;
}

void Reader::versions(const At<std::string>& least, const At<std::string>& most, int& min,
                      int& max) {
  if (!least.value.empty()) min = tls::version_of(least.value);
  if (!most.value.empty()) max = tls::version_of(most.value);
  if (max != 0 && max < TLS1_2_VERSION && least.value.empty()) min = max;
  if (max != 0 && min > max) {
    broken(least.mark, "has a minVersion above its maxVersion", "exchange them");
  } else if (min < TLS1_2_VERSION) {
    warn(least.mark.line != 0 ? least.mark : most.mark, "allows versions of TLS that are broken",
         "use VersionTLS12 or VersionTLS13");
  }
}

constexpr std::string_view auth_words[] = {"NoClientCert", "RequestClientCert",
                                           "RequireAnyClientCert", "VerifyClientCertIfGiven",
                                           "RequireAndVerifyClientCert"};

void read_client_auth(Reader& reader, const config::ClientAuthentication& source,
                      tls::ServerOptions& options) {
  const std::string& type = source.type.value;
  const auto word = std::find(std::begin(auth_words), std::end(auth_words), type);
  if (type.empty()) {
    options.client_auth =
        source.ca_files.empty() ? tls::ClientAuth::none : tls::ClientAuth::require;
  } else if (word == std::end(auth_words)) {
    const std::string_view near =
        text::nearest(type, {std::begin(auth_words), std::end(auth_words)});
    return reader.broken(source.type.mark,
                         fmt::format("has the unknown clientAuthType {}", text::quoted(type)),
                         near.empty() ? "write RequireAndVerifyClientCert"
                                      : fmt::format("did you mean {}?", text::quoted(near)));
  } else {
    options.client_auth = static_cast<tls::ClientAuth>(word - std::begin(auth_words));
  }
  const bool verifies = options.client_auth == tls::ClientAuth::verify_if_given ||
                        options.client_auth == tls::ClientAuth::require;
  if (verifies && source.ca_files.empty())
    return reader.broken(source.type.mark, "verifies clients' certificates without caFiles",
                         "give it caFiles");
  for (std::size_t i = 0; i < source.ca_files.size(); ++i) {
    const std::string pem = i < source.authorities.size() ? source.authorities[i] : "";
    if (tls::decode_certificates(pem).empty()) {
      reader.broken(source.ca_files[i].mark, "has a caFile without a certificate in PEM form",
                    "name a PEM file with the authority's certificate");
    }
    options.authorities.push_back(pem);
  }
}

// What of a list we speak, in its order; an empty list means everything.
std::vector<std::string> spoken_of(const std::vector<std::string>& protocols) {
  if (protocols.empty()) return {"h2", "http/1.1"};
  std::vector<std::string> spoken;
  std::copy_if(protocols.begin(), protocols.end(), std::back_inserter(spoken),
               [](const std::string& name) { return name == "h2" || name == "http/1.1"; });
  return spoken;
}

std::optional<tls::ServerOptions> plan_options(const config::TlsOptions& source, std::string name,
                                               config::Findings& findings) {
  Reader reader(fmt::format("tls.options.{}", source.name), source.mark, findings);
  tls::ServerOptions options;
  options.name = std::move(name);
  reader.versions(source.min_version, source.max_version, options.min_version, options.max_version);
  options.suites = reader.suites(source.cipher_suites);
  options.groups = reader.groups(source.curve_preferences);
  read_client_auth(reader, source.client_auth, options);
  options.sni_strict = source.sni_strict;
  options.tickets = !source.disable_session_tickets;
  options.protocols = spoken_of(source.alpn_protocols);
  if (options.protocols.empty())
    reader.warn(source.mark,
                "names no protocol in alpnProtocols that is spoken here, so clients that offer "
                "protocols are refused",
                "add h2 or http/1.1");
  if (!reader.is_good()) return std::nullopt;
  return options;
}

std::optional<tls::ClientOptions> client_options(const config::ServersTransport& transport,
                                                 config::Findings& findings) {
  const std::string subject =
      transport.name.empty() ? std::string("serversTransport")
                             : fmt::format("serversTransport {}", text::quoted(transport.name));
  Reader reader(subject, transport.mark, findings);
  tls::ClientOptions options;
  options.server_name = transport.server_name;
  options.verify = !transport.insecure_skip_verify;
  options.protocols = {"h2", "http/1.1"};
  reader.versions(transport.min_version, transport.max_version, options.min_version,
                  options.max_version);
  options.suites = reader.suites(transport.cipher_suites);
  for (const std::string& pem : transport.authorities) {
    if (!tls::decode_certificates(pem).empty()) options.authorities.push_back(pem);
  }
  // What is named and cannot be read is left out; nothing left would mean the system's, which nobody asked for.
  if (options.authorities.empty() && !transport.root_cas.empty())
    reader.broken(transport.root_cas[0].mark, "has rootCAs and none of them can be used",
                  "mend one of them");
  for (const config::CertificatePair& pair : transport.certificates) {
    if (pair.is_usable()) options.certificates.push_back({pair.certificates, pair.key});
  }
  for (const config::PeerSan& name : transport.peer_sans) {
    if (name.type.value == "DNSName") {
      options.peer_names.push_back({tls::PeerName::Kind::dns, name.value.value});
    } else if (name.type.value == "URI") {
      options.peer_names.push_back({tls::PeerName::Kind::uri, name.value.value});
    } else {
      reader.broken(name.type.mark,
                    fmt::format("has a peerCertSANs of type {}", text::quoted(name.type.value)),
                    "write DNSName or URI");
    }
  }
  if (!transport.peer_uri.value.empty())
    options.peer_names.push_back({tls::PeerName::Kind::uri, transport.peer_uri.value});
  if (!reader.is_good()) return std::nullopt;
  return options;
}

}  // namespace

TlsPlans plan_tls(const config::Config& config, config::Findings& findings) {
  TlsPlans plans;
  tls::ServerOptions standard;
  standard.name = routing::default_tls_options;
  plans[standard.name] = standard;
  for (const config::TlsOptions& options : config.dynamic.tls_options) {
    std::string name = options.name == routing::default_tls_options
                           ? options.name
                           : routing::qualified(options.name, options.provider);
    auto planned = plan_options(options, name, findings);
    plans[std::move(name)] = std::move(planned);
  }
  return plans;
}

routing::Standing standing_of(const TlsPlans& plans, std::string_view name) noexcept {
  const auto found = plans.find(name);
  if (found == plans.end()) return routing::Standing::unknown;
  return found->second ? routing::Standing::usable : routing::Standing::broken;
}

TransportPlans plan_transports(const config::Config& config, config::Findings& findings) {
  TransportPlans plans;
  plans[&config.fixed.servers_transport] = client_options(config.fixed.servers_transport, findings);
  for (const config::ServersTransport& transport : config.dynamic.servers_transports)
    plans[&transport] = client_options(transport, findings);
  return plans;
}

}  // namespace pm::runtime
