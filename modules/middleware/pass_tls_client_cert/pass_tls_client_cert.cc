// SPDX-License-Identifier: MIT
#include "modules/middleware/pass_tls_client_cert/pass_tls_client_cert.h"

#include "core/text.h"

#include <optional>

namespace pm {
namespace {

using namespace http;
using Part = CertificateName::Part;

struct NameChoice {
  bool country = false;
  bool province = false;
  bool locality = false;
  bool organization = false;
  bool organizational_unit = false;
  bool common_name = false;
  bool serial_number = false;
  bool domain_component = false;
};
struct InfoChoice {
  bool not_after = false;
  bool not_before = false;
  bool sans = false;
  bool serial_number = false;
  std::optional<NameChoice> subject;
  std::optional<NameChoice> issuer;
};
struct PassTlsClientCertOptions {
  bool pem = false;
  std::optional<InfoChoice> info;
};

constexpr config::Option country = config::option<&NameChoice::country>("country", "C");
constexpr config::Option province = config::option<&NameChoice::province>("province", "ST");
constexpr config::Option locality = config::option<&NameChoice::locality>("locality", "L");
constexpr config::Option organization =
    config::option<&NameChoice::organization>("organization", "O");
constexpr config::Option common_name = config::option<&NameChoice::common_name>("commonName", "CN");
constexpr config::Option serial = config::option<&NameChoice::serial_number>("serialNumber", "SN");
constexpr config::Option domain =
    config::option<&NameChoice::domain_component>("domainComponent", "DC");
constexpr config::Option subject_options[] = {
    country,
    province,
    locality,
    organization,
    config::option<&NameChoice::organizational_unit>("organizationalUnit", "OU"),
    common_name,
    serial,
    domain};
constexpr config::Section subject_keys = config::section_of<NameChoice>(subject_options);
constexpr config::Option issuer_options[] = {country,     province, locality, organization,
                                             common_name, serial,   domain};
constexpr config::Section issuer_keys = config::section_of<NameChoice>(issuer_options);
constexpr config::Option info_options[] = {
    config::option<&InfoChoice::not_after>("notAfter", "when it ends"),
    config::option<&InfoChoice::not_before>("notBefore", "when it begins"),
    config::option<&InfoChoice::sans>("sans", "its other names"),
    config::option<&InfoChoice::serial_number>("serialNumber", "its number"),
    config::section<&InfoChoice::subject>("subject", subject_keys, "whose it is"),
    config::section<&InfoChoice::issuer>("issuer", issuer_keys, "who has signed it"),
};
constexpr config::Section info_keys = config::section_of<InfoChoice>(info_options);
constexpr config::Option options[] = {
    config::option<&PassTlsClientCertOptions::pem>(
        "pem", "the certificates themselves, in X-Forwarded-Tls-Client-Cert"),
    config::section<&PassTlsClientCertOptions::info>(
        "info", info_keys, "what stands in them, in X-Forwarded-Tls-Client-Cert-Info"),
};
constexpr config::Section keys = config::section_of<PassTlsClientCertOptions>(options);

class PassTlsClientCert final : public Middleware {
 public:
  explicit PassTlsClientCert(PassTlsClientCertOptions given) : given_(std::move(given)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  PassTlsClientCertOptions given_;
};

std::string name_text(const CertificateName& name, const NameChoice& choice) {
  const std::pair<bool, Part> order[] = {{choice.domain_component, Part::domain_component},
                                         {choice.country, Part::country},
                                         {choice.province, Part::province},
                                         {choice.locality, Part::locality},
                                         {choice.organization, Part::organization},
                                         {choice.organizational_unit, Part::organizational_unit},
                                         {choice.serial_number, Part::serial_number},
                                         {choice.common_name, Part::common_name}};
  constexpr std::string_view tags[] = {"DC=", "C=", "ST=", "L=", "O=", "OU=", "SN=", "CN="};
  std::string out;
  for (std::size_t i = 0; i < std::size(order); ++i) {
    if (!order[i].first) continue;
    for (const auto& [part, value] : name.values) {
      if (part != order[i].second || value.empty()) continue;
      if (!out.empty()) out += ',';
      out.append(tags[i]).append(value);
    }
  }
  return out;
}

std::string info_text(const ClientCertificate& certificate, const InfoChoice& choice) {
  std::string out;
  const auto add = [&out](std::string_view tag, std::string_view value) {
    if (value.empty()) return;
    if (!out.empty()) out += ';';
    out.append(tag).append("=\"").append(value).append("\"");
  };
  if (choice.subject) add("Subject", name_text(certificate.subject, *choice.subject));
  if (choice.issuer) add("Issuer", name_text(certificate.issuer, *choice.issuer));
  if (choice.serial_number) add("SerialNumber", certificate.serial_number);
  if (choice.not_before) add("NB", std::to_string(certificate.not_before));
  if (choice.not_after) add("NA", std::to_string(certificate.not_after));
  if (choice.sans) add("SAN", text::join(certificate.sans, ","));
  return out;
}

Verdict PassTlsClientCert::on_request_headers(Link link) const noexcept {
  Request& request = link.request();
  if (request.secure == nullptr || request.secure->client == nullptr) return Verdict::next;
  const auto& certificates = request.secure->client->certificates;
  std::string pem;
  std::string info;
  for (const ClientCertificate& certificate : certificates) {
    const bool is_first = &certificate == &certificates.front();
    if (given_.pem) pem.append(is_first ? "" : ",").append(certificate.der);
    if (given_.info) info.append(is_first ? "" : ",").append(info_text(certificate, *given_.info));
  }
  if (given_.pem) request.headers.set(FieldId::x_forwarded_tls_client_cert, link.arena().copy(pem));
  if (given_.info)
    request.headers.set(FieldId::x_forwarded_tls_client_cert_info,
                        link.arena().copy(text::query_escaped(info)));
  return Verdict::next;
}

MiddlewarePtr build(const PassTlsClientCertOptions& given, Build&) {
  return MiddlewarePtr(new PassTlsClientCert(given));
}

}  // namespace

const MiddlewareModule pass_tls_client_cert_middleware{
    .type = {"passTLSClientCert", "tells the service which certificate the client has shown",
             &keys},
    .build = build_of<PassTlsClientCertOptions, build>};

}  // namespace pm
