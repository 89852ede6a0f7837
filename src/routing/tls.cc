// SPDX-License-Identifier: MIT
#include "routing/tls.h"

namespace pm::routing {

const std::string* TlsHosts::find(std::string_view name) const noexcept {
  static const std::string fallback(default_tls_options);
  if (closed.contains(name)) return nullptr;
  if (const auto exact = options.find(name); exact != options.end()) return &exact->second;
  const std::size_t dot = name.find('.');
  if (dot != std::string_view::npos && dot > 0) {
    const std::string wild = "*" + std::string(name.substr(dot));
    if (closed.contains(wild)) return nullptr;
    if (const auto found = options.find(wild); found != options.end()) return &found->second;
  }
  if (closed.contains("*")) return nullptr;
  const auto any = options.find("*");
  return any == options.end() ? &fallback : &any->second;
}

void settle_conflicts(std::vector<TlsUse>& uses) {
  using Place = std::pair<std::uint32_t, std::string_view>;
  bool changed = true;
  while (changed) {
    changed = false;
    std::map<Place, std::vector<TlsUse*>> users;
    for (TlsUse& use : uses) {
      for (const std::string& host : use.hosts)
        users[{use.entry_point, host}].push_back(&use);
    }
    for (auto& [place, sharing] : users) {
      bool differ = false;
      for (const TlsUse* use : sharing)
        differ = differ || use->options != sharing[0]->options;
      if (!differ) continue;
      changed = true;
      for (TlsUse* use : sharing) {
        use->options = default_tls_options;
        use->is_conflicted = true;
      }
    }
  }
}

}  // namespace pm::routing
