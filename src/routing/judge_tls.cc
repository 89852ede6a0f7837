// SPDX-License-Identifier: MIT
// judge_tls.cc -- HTTPS routers: which options they may have, and which host names lead to them.
#include "core/text.h"
#include "routing/builder.h"

#include <fmt/format.h>

namespace pm::routing {

// Of the router, or of the entry point for a root that has none.
const config::RouterTls* Builder::tls_of(const Draft& draft, std::uint32_t entry_point) const {
  if (draft.source->tls) return &*draft.source->tls;
  const auto& model = fixed_.entry_points[entry_point].http.tls;
  return model ? &*model : nullptr;
}

std::string Builder::tls_options_of(const Draft& draft, std::uint32_t entry_point) const {
  const std::string& written = tls_of(draft, entry_point)->options.value;
  if (written.empty() || written == default_tls_options) return std::string(default_tls_options);
  return qualified(written, draft.source->provider);
}

// A router whose options cannot be had is not served with weaker ones: its hosts are closed, too.
void Builder::judge_tls(Draft& draft) {
  for (const std::uint32_t at : draft.entry_points) {
    const config::RouterTls* tls = tls_of(draft, at);
    if (tls == nullptr) continue;
    if (!tls->cert_resolver.value.empty()) {
      findings_.warning(
          tls->cert_resolver.mark,
          fmt::format("{} names the certResolver {}, which is not supported yet and has no effect",
                      title(draft), text::quoted(tls->cert_resolver.value)),
          "certificates come from tls.certificates");
    }
    const std::string name = tls_options_of(draft, at);
    const Standing standing = input_.tls_options(name);
    if (standing == Standing::usable) continue;
    if (standing == Standing::unknown && name == default_tls_options) continue;
    draft.has_broken_tls = true;
    const config::Mark mark = tls->options.mark.line != 0 ? tls->options.mark : draft.source->mark;
    if (standing == Standing::broken) {
      disable(
          draft, mark,
          fmt::format(
              "needs the TLS options {}, which are broken; connections for its hosts are closed",
              text::quoted(name)),
          "mend those options");
    } else {
      const auto names = [this] {
        Names all;
        for (const config::TlsOptions& other : input_.config.dynamic.tls_options)
          all.push_back(other.name);
        return all;
      };
      disable(
          draft, mark,
          fmt::format(
              "names the TLS options {}, which do not exist; connections for its hosts are closed",
              text::quoted(name)),
          did_you_mean(findings_, tls->options.value, names, "declare them under tls.options"));
    }
    return;
  }
}

void Builder::close_hosts(const Draft& draft) {
  if (draft.rule == nullptr) return;
  for (const std::uint32_t at : draft.entry_points) {
    if (tls_of(draft, at) == nullptr) continue;
    routing_.tls[at].has_routers = true;
    for (const std::string& host : draft.rule->host_names())
      routing_.tls[at].closed.insert(host);
  }
}

// Every HTTPS router by now is known to be good by itself, so what remains is who shares a host with whom.
void Builder::settle_tls() {
  routing_.tls.resize(fixed_.entry_points.size());
  std::vector<TlsUse> uses;
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    const Draft& draft = drafts_[i];
    if (draft.has_broken_tls) close_hosts(draft);
    if (!draft.enabled || draft.is_child()) continue;
    for (const std::uint32_t at : draft.entry_points) {
      if (tls_of(draft, at) == nullptr) continue;
      routing_.tls[at].has_routers = true;
      TlsUse use{i, at, tls_options_of(draft, at), draft.rule->host_names(), false};
      if (use.hosts.empty() && use.options != default_tls_options) {
        const config::Findings::About about(findings_, "router " + draft.name);
        findings_.warning(
            tls_of(draft, at)->options.mark,
            fmt::format(
                "{} has TLS options but no Host in its rule, so they cannot be bound to a name; "
                "the default ones apply",
                title(draft)),
            "add Host(`...`) to its rule");
        use.options = default_tls_options;
        use.is_conflicted = true;
      }
      uses.push_back(std::move(use));
    }
  }
  settle_conflicts(uses);
  complain_of_conflicts(uses);
  for (TlsUse& use : uses) {
    for (const std::string& host : use.hosts)
      routing_.tls[use.entry_point].options.emplace(host, use.options);
    tls_uses_.emplace(std::pair(use.router, use.entry_point), std::move(use));
  }
}

void Builder::complain_of_conflicts(const std::vector<TlsUse>& uses) {
  for (const TlsUse& use : uses) {
    const Draft& draft = drafts_[use.router];
    const config::Findings::About about(findings_, "router " + draft.name);
    const std::string asked = tls_options_of(draft, use.entry_point);
    if (!use.is_conflicted || use.hosts.empty() || asked == default_tls_options) continue;
    findings_.warning(
        tls_of(draft, use.entry_point)->options.mark,
        fmt::format(
            "{} asks for TLS options {}, another router on entry point {} for other ones for the "
            "same host; the default ones apply to both",
            title(draft), text::quoted(asked),
            text::quoted(fixed_.entry_points[use.entry_point].name)),
        "let all routers of a host name the same options");
  }
}

}  // namespace pm::routing
