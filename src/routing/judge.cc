// SPDX-License-Identifier: MIT
#include "core/text.h"
#include "routing/builder.h"
#include "rules/compile.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::routing {

void Builder::disable(Draft& draft, config::Mark mark, std::string what, std::string advice) {
  draft.enabled = false;
  const config::Findings::About about(findings_, "router " + draft.name);
  findings_.broken(mark, title(draft) + " " + what, std::move(advice));
}

// Everything that can be said of one router without the others; all of it, so that one run shows every fault.
void Builder::judge(Draft& draft) {
  const config::Findings::About about(findings_, "router " + draft.name);
  judge_rule(draft);
  judge_priority(draft);
  judge_middlewares(draft);
  judge_target(draft);
  if (draft.is_child()) return;
  judge_entry_points(draft);
  judge_tls(draft);
}

void Builder::judge_rule(Draft& draft) {
  const config::Router& source = *draft.source;
  if (text::trim(source.rule.value).empty()) {
    const config::Mark mark = source.rule.mark.line != 0 ? source.rule.mark : source.mark;
    return disable(draft, mark, "has no rule",
                   "write rule: Host(`example.com`), or rule: \"*\" for everything");
  }
  // Any word but v2 means v3, as in the original.
  const std::string& syntax =
      source.rule_syntax.empty() ? fixed_.default_rule_syntax : source.rule_syntax;
  rules::Compiled compiled =
      rules::compile(source.rule.value,
                     syntax == "v2" && !draft.is_internal ? rules::Syntax::v2 : rules::Syntax::v3,
                     input_.matchers);
  if (!compiled.rule) {
    draft.enabled = false;
    findings_.broken(
        source.rule.mark,
        fmt::format("rule {}: {}", text::quoted(source.rule.value), compiled.error.what),
        std::move(compiled.error.advice));
    return;
  }
  draft.rule = compiled.rule.get();
  routing_.rules.push_back(std::move(compiled.rule));
}

void Builder::judge_priority(Draft& draft) {
  const config::At<std::int64_t>& written = draft.source->priority;
  draft.priority =
      written.value != 0 ? written.value : rules::default_priority(draft.source->rule.value);
  if (draft.is_internal || written.value <= max_priority) return;
  disable(draft, written.mark,
          fmt::format("has priority {}, which is kept for internal routers", written.value),
          fmt::format("use at most {}", max_priority));
}

void Builder::judge_middlewares(Draft& draft) {
  if (draft.source->middlewares.size() > max_middlewares) {
    return disable(draft, draft.source->middlewares.front().mark, "has too many middlewares",
                   fmt::format("list at most {}", max_middlewares));
  }
  for (const config::At<std::string>& reference : draft.source->middlewares) {
    const std::string name = qualified(reference.value, draft.source->provider);
    const Standing standing = input_.middleware(name);
    if (standing == Standing::usable) continue;
    if (standing == Standing::broken) {
      disable(
          draft, reference.mark,
          fmt::format("needs the middleware {}, which is broken", text::quoted(reference.value)),
          "mend that middleware, or take it out of the list");
      continue;
    }
    const auto names = [this] {
      Names all;
      for (const config::Middleware& other : input_.config.dynamic.middlewares)
        all.push_back(other.name);
      return all;
    };
    disable(
        draft, reference.mark,
        fmt::format("names the middleware {}, which does not exist", text::quoted(reference.value)),
        did_you_mean(findings_, reference.value, names, "declare it under http.middlewares"));
  }
}

// A router leads to a service or to children, never to both or neither.
void Builder::judge_target(Draft& draft) {
  const config::At<std::string>& service = draft.source->service;
  if (draft.is_parent && !service.value.empty()) {
    return disable(draft, service.mark, "has a service and children",
                   "leave the service to one of the routers that name it in parentRefs");
  }
  if (draft.is_parent) return;
  if (service.value.empty()) {
    return disable(draft, draft.source->mark, "has neither a service nor children",
                   "write service: NAME");
  }
  judge_service(draft);
}

void Builder::judge_service(Draft& draft) {
  const config::At<std::string>& reference = draft.source->service;
  const std::string name = qualified(reference.value, draft.source->provider);
  if (internal_service(name, fixed_)) return;
  if (name.ends_with("@internal")) {
    return disable(draft, reference.mark,
                   fmt::format("names the service {}, which is not enabled", text::quoted(name)),
                   "enable it in the static configuration, or name another");
  }
  const Standing standing = input_.service(name);
  if (standing == Standing::usable) return;
  if (standing == Standing::broken) {
    return disable(
        draft, reference.mark,
        fmt::format("needs the service {}, which is broken", text::quoted(reference.value)),
        "mend that service");
  }
  const auto names = [this] {
    Names all;
    for (const config::Service& other : input_.config.dynamic.services)
      all.push_back(other.name);
    return all;
  };
  disable(draft, reference.mark,
          fmt::format("names the service {}, which does not exist", text::quoted(reference.value)),
          did_you_mean(findings_, reference.value, names, "declare it under http.services"));
}

void Builder::judge_entry_points(Draft& draft) {
  const config::Router& source = *draft.source;
  std::vector<std::uint32_t> listed;
  for (const config::At<std::string>& reference : source.entry_points) {
    const std::uint32_t at = find_entry_point(fixed_, reference.value);
    if (at == nowhere) {
      findings_.warning(
          reference.mark,
          fmt::format("{} names the entry point {}, which does not exist", title(draft),
                      text::quoted(reference.value)),
          did_you_mean(
              findings_, reference.value, [this] { return entry_point_names(fixed_); },
              "declare it under entryPoints"));
      continue;
    }
    if (is_udp(fixed_.entry_points[at])) {
      findings_.warning(reference.mark,
                        fmt::format("{} cannot listen on the UDP entry point {}", title(draft),
                                    text::quoted(reference.value)),
                        "name one for TCP");
      continue;
    }
    if (std::find(listed.begin(), listed.end(), at) == listed.end()) listed.push_back(at);
  }
  if (source.entry_points.empty()) listed = default_entry_points_;
  if (listed.empty()) {
    const config::Mark mark =
        source.entry_points.empty() ? source.mark : source.entry_points[0].mark;
    return disable(draft, mark, "has no valid entry point",
                   "name one that is declared under entryPoints");
  }
  for (const std::uint32_t at : listed) {
    if (takes_middlewares(source, at)) draft.entry_points.push_back(at);
  }
  if (!draft.entry_points.empty()) return;
  draft.enabled = false;  // the finding stands at the entry point
  findings_.blame(config::Severity::broken,
                  "needs a middleware of its entry point that cannot be built");
}

// The middlewares of an entry point stand in front of every root router there. One that cannot be built takes them all
// out: what it was to guard must not be served without it.
bool Builder::takes_middlewares(const config::Router& router, std::uint32_t entry_point) {
  const config::EntryPoint& on = fixed_.entry_points[entry_point];
  if (on.http.middlewares.size() > max_middlewares) {
    const config::Findings::About nobody(findings_, "");
    if (told_middlewares_.emplace(entry_point, "").second) {
      findings_.broken(
          on.http.middlewares.front().mark,
          fmt::format("entry point {} has too many middlewares; its routers are disabled",
                      text::quoted(on.name)),
          fmt::format("list at most {}", max_middlewares));
    }
    return false;
  }
  bool all_usable = true;
  const config::Findings::About nobody(findings_, "");
  for (const config::At<std::string>& reference : on.http.middlewares) {
    std::string name = qualified(reference.value, router.provider);
    const Standing standing = input_.middleware(name);
    if (standing == Standing::usable) continue;
    all_usable = false;
    if (!told_middlewares_.emplace(entry_point, name).second) continue;
    findings_.broken(
        reference.mark,
        fmt::format("entry point {} needs the middleware {}, which {}; its routers are disabled",
                    text::quoted(on.name), text::quoted(name),
                    standing == Standing::broken ? "is broken" : "does not exist"),
        "mend that middleware, or take it out of the list");
  }
  return all_usable;
}

}  // namespace pm::routing
