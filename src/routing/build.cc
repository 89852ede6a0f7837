// SPDX-License-Identifier: MIT
#include "routing/build.h"

#include "core/text.h"
#include "routing/builder.h"
#include "routing/layers.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::routing {
namespace {

constexpr std::size_t findings_worth_advice = 50;

Observed observed_of(const config::EntryPoint& entry_point, const config::Router& router) {
  const config::EntryPointObservability& base = entry_point.observability;
  Observed observed{base.access_logs, base.metrics, base.tracing, base.trace_verbosity};
  if (!router.observability) return observed;
  const config::RouterObservability& own = *router.observability;
  observed.access_logs = own.access_logs.value_or(observed.access_logs);
  observed.metrics = own.metrics.value_or(observed.metrics);
  observed.tracing = own.tracing.value_or(observed.tracing);
  observed.trace_verbosity = own.trace_verbosity;
  return observed;
}

std::uint32_t precedence_of(std::string_view provider,
                            const config::TextList& precedence) noexcept {
  const auto found = std::find(precedence.begin(), precedence.end(), provider);
  return static_cast<std::uint32_t>(found - precedence.begin());  // unlisted: last
}

}  // namespace

std::optional<Internal> internal_service(std::string_view qualified_name,
                                         const config::Static& fixed) noexcept {
  if (qualified_name == "noop@internal") return Internal::noop;
  if (qualified_name == "whoami@internal") return Internal::whoami;
  if (qualified_name == "ping@internal" && fixed.ping) return Internal::ping;
  if (qualified_name == "api@internal" && fixed.api) return Internal::agent;
  if (qualified_name == "dashboard@internal" && fixed.api && fixed.api->dashboard)
    return Internal::agent;
  if (qualified_name == "prometheus@internal" && fixed.metrics.prometheus) return Internal::agent;
  return std::nullopt;
}

std::string qualified(std::string_view reference, std::string_view provider) {
  if (reference.find('@') != std::string_view::npos) return std::string(reference);
  return fmt::format("{}@{}", reference, provider);
}

std::string title(const Draft& draft) {
  return fmt::format("router {}",
                     text::quoted(draft.is_internal ? draft.name : draft.source->name));
}

std::string did_you_mean(const config::Findings& findings, std::string_view name,
                         const std::function<Names()>& names, std::string otherwise) {
  if (findings.all().size() > findings_worth_advice) return otherwise;
  const Names candidates = names();
  const std::string_view near = text::nearest(name, candidates);
  return near.empty() ? otherwise : fmt::format("did you mean {}?", text::quoted(near));
}

Observed Routing::observed(std::uint32_t root, std::uint32_t leaf) const {
  if (!routers[leaf].service.ends_with("@internal")) return routers[root].observed;
  return {add_internals, count_internals, false, "minimal"};
}

Routing build(const BuildInput& input, config::Findings& findings) {
  return Builder(input, findings).run();
}

void Builder::collect() {
  internals_ = internal_routers(fixed_, findings_);
  drafts_.reserve(input_.config.dynamic.routers.size() + internals_.size());
  const auto add = [this](const config::Router& router) -> Draft& {
    Draft& draft = drafts_.emplace_back();
    draft.source = &router;
    draft.name = qualified(router.name, router.provider);
    return draft;
  };
  for (const config::Router& router : input_.config.dynamic.routers)
    add(router);
  for (const InternalRouter& internal : internals_) {
    Draft& draft = add(internal.router);
    draft.is_internal = true;
    draft.redirect = internal.redirect;
  }
}

// Every entry of the order but the judged ones is complete when its turn comes: children stand before parents.
Routing Builder::run() {
  default_entry_points_ = default_entry_points(fixed_);
  root_entries_.resize(fixed_.entry_points.size());
  routing_.add_internals = fixed_.access_log && fixed_.access_log->add_internals;
  routing_.count_internals = fixed_.metrics.add_internals;
  collect();
  const std::vector<std::uint32_t> order = arrange_layers(drafts_, findings_);
  for (Draft& draft : drafts_)
    judge(draft);
  settle_tls();
  for (const std::uint32_t at : order) {
    settle_parent(drafts_[at]);
    place(drafts_[at]);
  }
  add_root_tables();
  report_unused_services();
  return std::move(routing_);
}

// A parent lives by its children.
void Builder::settle_parent(Draft& draft) {
  if (!draft.enabled || !draft.is_parent) return;
  const auto lives = [this](std::uint32_t child) {
    return drafts_[child].enabled;
  };
  if (std::any_of(draft.children.begin(), draft.children.end(), lives)) return;
  disable(draft, draft.source->mark,
          "leads to no router that could answer: none of its children is usable",
          "mend one of them, or give it a service instead");
}

void Builder::place(Draft& draft) {
  if (!draft.enabled) return;
  if (draft.is_child()) {
    draft.built = add_router(draft, nowhere);
    routing_.routers[draft.built].children = add_child_table(draft);
    return;
  }
  const std::uint32_t children = add_child_table(draft);
  for (const std::uint32_t entry_point : draft.entry_points) {
    const std::uint32_t id = add_router(draft, entry_point);
    routing_.routers[id].children = children;
    const bool is_tls = tls_of(draft, entry_point) != nullptr;
    root_entries_[entry_point][is_tls ? 1 : 0].push_back(entry_of(draft, id));
  }
}

std::uint32_t Builder::add_router(const Draft& draft, std::uint32_t entry_point) {
  Router router;
  router.name = draft.name;
  if (!draft.is_parent)
    router.service = qualified(draft.source->service.value, draft.source->provider);
  router.internal = internal_service(router.service, fixed_).value_or(Internal::none);
  router.redirect = draft.redirect;
  const auto add_middlewares = [&](const config::MarkedList& references) {
    for (const config::At<std::string>& reference : references)
      router.middlewares.push_back(qualified(reference.value, draft.source->provider));
  };
  if (entry_point != nowhere) add_middlewares(fixed_.entry_points[entry_point].http.middlewares);
  add_middlewares(draft.source->middlewares);
  router.entry_point = entry_point;
  router.rule = draft.source->rule.value;
  router.priority = draft.priority;
  if (entry_point != nowhere) {
    router.forbidden = forbidden_characters(fixed_.entry_points[entry_point]);
    router.grpc_errors = draft.source->grpc_errors;
    router.observed = observed_of(fixed_.entry_points[entry_point], *draft.source);
    const auto use =
        tls_uses_.find({static_cast<std::uint32_t>(&draft - drafts_.data()), entry_point});
    if (use != tls_uses_.end()) {
      router.tls_options = use->second.options;
      if (use->second.is_conflicted)
        router.name =
            fmt::format("{}-conflicted-{}", fixed_.entry_points[entry_point].name, draft.name);
    }
  }
  routing_.routers.push_back(std::move(router));
  return static_cast<std::uint32_t>(routing_.routers.size() - 1);
}

TableEntry Builder::entry_of(const Draft& draft, std::uint32_t id) const {
  return {draft.rule, draft.priority,
          precedence_of(draft.source->provider, fixed_.providers.precedence), draft.name, id};
}

std::uint32_t Builder::add_child_table(const Draft& draft) {
  if (!draft.is_parent) return nowhere;
  std::vector<TableEntry> entries;
  for (const std::uint32_t at : draft.children) {
    if (drafts_[at].enabled) entries.push_back(entry_of(drafts_[at], drafts_[at].built));
  }
  routing_.tables.emplace_back(std::move(entries));
  return static_cast<std::uint32_t>(routing_.tables.size() - 1);
}

void Builder::add_root_tables() {
  for (auto& [plain_entries, tls_entries] : root_entries_) {
    const auto plain = static_cast<std::uint32_t>(routing_.tables.size());
    routing_.tables.emplace_back(std::move(plain_entries));
    routing_.tables.emplace_back(std::move(tls_entries));
    routing_.roots.push_back({plain, plain + 1});
  }
}

void Builder::report_unused_services() {
  std::set<std::string> used;
  for (const config::Router& router : input_.config.dynamic.routers) {
    used.insert(qualified(router.service.value, router.provider));
  }
  for (const config::Service& service : input_.config.dynamic.services) {
    if (!service.weighted) continue;
    for (const config::WeightedChild& child : service.weighted->services) {
      used.insert(qualified(child.name.value, service.provider));
    }
  }
  // Pages of errors, whatever the type is called that asks for them.
  for (const config::Middleware& middleware : input_.config.dynamic.middlewares) {
    for (const config::Entry& type : middleware.body.entries) {
      const config::Entry* name = type.value.find_ignore_case("service");
      if (name != nullptr && name->value.is_scalar())
        used.insert(qualified(name->value.text, middleware.provider));
    }
  }
  for (const config::Service& service : input_.config.dynamic.services) {
    if (used.count(qualified(service.name, service.provider)) > 0) continue;
    const config::Findings::About about(findings_,
                                        "service " + qualified(service.name, service.provider));
    findings_.warning(service.mark,
                      fmt::format("service {} is never used", text::quoted(service.name)));
  }
}

}  // namespace pm::routing
