// SPDX-License-Identifier: MIT
#include "config/contents.h"

#include "config/decode.h"
#include "config/lookup.h"
#include "config/yaml_text.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>

namespace pm::config {
namespace {

constexpr const char* advice = "name a readable PEM file, or write its content";

bool is_content(std::string_view text) noexcept {
  return text.find("-----BEGIN ") != std::string_view::npos;
}

class Contents {
 public:
  Contents(Config& config, FileReader& reader, const ContentRules& rules, Findings& findings)
      : config_(config), reader_(reader), rules_(rules), findings_(findings) {}

  void run() {
    drop_same_pairs();
    for (CertificatePair& pair : config_.dynamic.certificates)
      read_pair(pair, "a certificate of tls.certificates");
    for (TlsStore& store : config_.dynamic.tls_stores) {
      if (store.default_certificate)
        read_pair(*store.default_certificate, "the default certificate");
    }
    for (TlsOptions& options : config_.dynamic.tls_options) {
      ClientAuthentication& auth = options.client_auth;
      auth.authorities =
          read_list(auth.ca_files, fmt::format("caFiles of tls.options.{}", options.name));
    }
    read_transport(config_.fixed.servers_transport);
    for (ServersTransport& transport : config_.dynamic.servers_transports)
      read_transport(transport);
    for (Middleware& middleware : config_.dynamic.middlewares)
      read_middleware(middleware);
  }

 private:
  void read_middleware(Middleware& middleware);
  void read_named(const Node& node, const Section& section, const std::string& path,
                  Middleware& middleware);
  void drop_same_pairs();
  void read_transport(ServersTransport& transport);
  void read_pair(CertificatePair& pair, std::string_view what);
  std::vector<std::string> read_list(const MarkedList& list, const std::string& what);
  std::optional<std::string> read(const At<std::string>& written, std::string_view what,
                                  bool is_key);
  bool judge_key(const At<std::string>& written, const NamedFile& file);
  std::optional<std::uint32_t> reader_of(Mark mark);

  Config& config_;
  FileReader& reader_;
  const ContentRules& rules_;
  Findings& findings_;
  std::map<std::uint32_t, std::optional<std::uint32_t>> readers_;  // by source
};

// The same pair twice says nothing new (static-config.md section 5.1).
void Contents::drop_same_pairs() {
  std::vector<CertificatePair>& pairs = config_.dynamic.certificates;
  std::map<std::pair<std::string, std::string>, bool> seen;
  std::erase_if(pairs, [&seen](const CertificatePair& pair) {
    return !seen.emplace(std::pair(pair.cert_file.value, pair.key_file.value), true).second;
  });
}

// The options are a tree still: those that name files are told by the declarations of their type.
void Contents::read_middleware(Middleware& middleware) {
  const TypedBody body = typed_body(middleware, rules_.middleware_types);
  if (body.type != nullptr && body.entry->value.is_mapping())
    read_named(body.entry->value, *body.type->options, {}, middleware);
}

void Contents::read_named(const Node& node, const Section& section, const std::string& path,
                          Middleware& middleware) {
  for (const Entry& entry : node.entries) {
    const Option* option = section.find(entry.key);
    if (option == nullptr) continue;
    const std::string below =
        path.empty() ? std::string(option->key) : fmt::format("{}.{}", path, option->key);
    if (option->section != nullptr && entry.value.is_mapping())
      read_named(entry.value, *option->section, below, middleware);
    if (option->names == Names::nothing || !entry.value.is_scalar()) continue;
    const At<std::string> written{scalar_text(entry.value), entry.value.mark};
    if (written.value.empty()) continue;
    const std::string what = fmt::format("{} of middleware {}", below, middleware.name);
    if (auto bytes = read(written, what, option->names == Names::key_or_content))
      middleware.contents[below] = std::move(*bytes);
  }
}

void Contents::read_transport(ServersTransport& transport) {
  const std::string what = transport.name.empty() ? "serversTransport" : transport.name;
  transport.authorities = read_list(transport.root_cas, "rootCAs of " + what);
  for (CertificatePair& pair : transport.certificates)
    read_pair(pair, "a client certificate of " + what);
}

void Contents::read_pair(CertificatePair& pair, std::string_view what) {
  if (pair.cert_file.value.empty() || pair.key_file.value.empty()) {
    const Mark mark = pair.cert_file.value.empty() ? pair.key_file.mark : pair.cert_file.mark;
    return findings_.broken(
        mark,
        fmt::format("{} has no {}", what, pair.cert_file.value.empty() ? "certFile" : "keyFile"),
        "give it both");
  }
  auto certificates = read(pair.cert_file, what, false);
  auto key = read(pair.key_file, what, true);
  if (!certificates || !key) return;
  pair.certificates = std::move(*certificates);
  pair.key = std::move(*key);
}

std::vector<std::string> Contents::read_list(const MarkedList& list, const std::string& what) {
  std::vector<std::string> contents;
  for (const At<std::string>& written : list)
    contents.push_back(read(written, what, false).value_or(""));
  return contents;
}

std::optional<std::string> Contents::read(const At<std::string>& written, std::string_view what,
                                          bool is_key) {
  if (is_content(written.value)) return written.value;
  const std::string path = resolve_path(written.value, rules_.base);
  auto file = reader_.read_as(path, reader_of(written.mark));
  if (!file) {
    findings_.broken(written.mark,
                     fmt::format("{}: {} {}: {}", what, is_key ? "keyFile" : "file",
                                 text::quoted(written.value), file.error().what),
                     advice);
    return std::nullopt;
  }
  if (file->bytes.empty()) {
    findings_.broken(written.mark,
                     fmt::format("{}: {} is empty", what, text::quoted(written.value)), advice);
    return std::nullopt;
  }
  if (is_key && !judge_key(written, *file)) return std::nullopt;
  return std::move(file->bytes);
}

// False: it is not to be used.
bool Contents::judge_key(const At<std::string>& written, const NamedFile& file) {
  constexpr std::uint32_t others_read = 04;
  const bool known_owner =
      file.owner == 0 || file.owner == rules_.service || file.owner == rules_.caller;
  const bool is_private = (file.mode & others_read) == 0;
  if (known_owner && is_private) return true;
  const std::string what =
      is_private ? fmt::format("the key {} belongs to user {}, neither root nor the service's",
                               text::quoted(written.value), file.owner)
                 : fmt::format("the key {} can be read by everybody", text::quoted(written.value));
  const std::string remedy = is_private ? "chown it to root" : "chmod 600";
  if (!config_.fixed.strict_key_permissions) {
    findings_.warning(written.mark, what, remedy);
    return true;
  }
  findings_.broken(written.mark, what + ", and strictKeyPermissions is set", remedy);
  return false;
}

// Nothing: what a document of root or of the caller names is read with our own rights.
std::optional<std::uint32_t> Contents::reader_of(Mark mark) {
  const auto [found, is_new] = readers_.try_emplace(mark.source);
  if (!is_new || mark.source == 0 || mark.line == 0) return found->second;
  const auto info = reader_.info(findings_.sources()[mark.source]);
  if (info && info->owner != 0 && info->owner != rules_.caller) found->second = info->owner;
  return found->second;
}

constexpr const char* authority_files[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

bool has_https(const Service& service) {
  if (!service.load_balancer) return false;
  const auto& servers = service.load_balancer->servers;
  return std::any_of(servers.begin(), servers.end(), [](const Server& server) {
    return text::starts_with_ignore_case(server.url.value, "https:");
  });
}

// Whatever the option is called: a middleware that speaks to somebody over TLS.
bool names_https(const Node& node) {
  if (node.is_scalar()) return text::starts_with_ignore_case(node.text, "https://");
  return std::any_of(node.items.begin(), node.items.end(),
                     [](const Node& item) { return names_https(item); }) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [](const Entry& entry) { return names_https(entry.value); });
}

// Some transport verifies by what the system trusts, and some server is of https: that they meet is not looked into.
bool wants_system_authorities(const Config& config) {
  const auto relies = [](const ServersTransport& transport) {
    return !transport.insecure_skip_verify && transport.root_cas.empty();
  };
  const auto& transports = config.dynamic.servers_transports;
  const auto& services = config.dynamic.services;
  for (const Middleware& middleware : config.dynamic.middlewares) {
    if (names_https(middleware.body)) return true;
  }
  return std::any_of(services.begin(), services.end(), has_https) &&
         (relies(config.fixed.servers_transport) ||
          std::any_of(transports.begin(), transports.end(), relies));
}

// Gone from memory, not only from view.
void wipe(std::string& secret) {
  ::explicit_bzero(secret.data(), secret.size());
  secret.clear();
}

// Passwords, keys, tokens: of a middleware that is not run here, nobody may know more than -TT shows.
void drop_secrets(Node& node, bool is_secret) {
  if (node.is_scalar() && (is_secret || holds_key(node.text))) {
    wipe(node.text);
    node.text = "<redacted>";
  }
  for (Node& item : node.items)
    drop_secrets(item, is_secret);
  for (Entry& entry : node.entries)
    drop_secrets(entry.value, is_secret || looks_secret(entry.key));
}

void drop_key(CertificatePair& pair) {
  wipe(pair.key);
  wipe(pair.key_file.value);
}

}  // namespace

void read_contents(Config& config, FileReader& reader, const ContentRules& rules,
                   Findings& findings) {
  Contents(config, reader, rules, findings).run();
}

void read_system_authorities(Config& config, FileReader& reader, const Environment& environment,
                             Findings& findings) {
  if (!wants_system_authorities(config)) return;
  std::vector<std::string> paths(std::begin(authority_files), std::end(authority_files));
  if (const auto named = environment.find("SSL_CERT_FILE")) paths = {std::string(*named)};
  for (const std::string& path : paths) {
    auto file = reader.read(path);
    if (!file) continue;
    config.fixed.system_authorities = std::move(*file);
    return;
  }
  findings.warning({}, "this system has no list of authorities, so no https server can be verified",
                   "install ca-certificates, or give the transport rootCAs");
}

void drop_keys(Config& config) {
  const auto drop_all = [](ServersTransport& transport) {
    for (CertificatePair& pair : transport.certificates)
      drop_key(pair);
  };
  wipe(config.dynamic.generated_key);
  wipe(config.dynamic.shared_secret);
  for (CertificatePair& pair : config.dynamic.certificates)
    drop_key(pair);
  for (TlsStore& store : config.dynamic.tls_stores) {
    if (store.default_certificate) drop_key(*store.default_certificate);
  }
  for (ServersTransport& transport : config.dynamic.servers_transports)
    drop_all(transport);
  drop_all(config.fixed.servers_transport);
  for (Middleware& middleware : config.dynamic.middlewares) {
    for (auto& [name, content] : middleware.contents)
      wipe(content);
    drop_secrets(middleware.body, false);
  }
}

}  // namespace pm::config
