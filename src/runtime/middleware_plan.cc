// SPDX-License-Identifier: MIT
#include "runtime/middleware_plan.h"

#include "config/codec.h"
#include "config/decode.h"
#include "config/options.h"
#include "config/value.h"
#include "core/check.h"
#include "core/hash.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pm::runtime {
namespace {

using config::Mark;
using routing::Standing;

struct ChainOptions {
  config::MarkedTexts middlewares;
};
constexpr config::Option chain_options[] = {
    config::option<&ChainOptions::middlewares>("middlewares",
                                               "names, in order, in place of this one"),
};
constexpr config::Section chain_keys = config::section_of<ChainOptions>(chain_options);
constexpr config::MiddlewareType chain_type{"chain", "several middlewares under one name",
                                            &chain_keys};

// What one module sees of the configuration while it makes one middleware.
class OneBuild final : public http::Build {
 public:
  OneBuild(const config::Config& config, const config::Middleware& source,
           const config::TypedBody& body, std::vector<std::shared_ptr<AskedService>>& asked,
           config::Findings& findings, std::uint64_t identity = 0)
      : config_(config),
        source_(source),
        body_(body),
        asked_(asked),
        findings_(findings),
        identity_(identity) {}

  void broken(Mark mark, std::string what, std::string advice) override {
    findings_.broken(place(mark), title(what), std::move(advice));
  }
  void warn(Mark mark, std::string what, std::string advice) override {
    findings_.warning(place(mark), title(what), std::move(advice));
  }
  std::string_view name() const override { return source_.name; }
  std::string_view provider() const override { return source_.provider; }
  std::string_view content(std::string_view option) const override {
    const auto found = source_.contents.find(std::string(option));
    return found == source_.contents.end() ? std::string_view{} : found->second;
  }
  std::string_view secret() const override { return config_.dynamic.shared_secret; }
  std::uint64_t identity() const override { return identity_; }
  const http::ServiceSlot* service(const config::At<std::string>& name) override;
  const http::ServiceSlot* server(const http::ServerSpec& spec) override;

 private:
  Mark place(Mark mark) const { return mark.source != 0 ? mark : body_.entry->key_mark; }
  std::string title(std::string_view what) const {
    return fmt::format("http.middlewares.{}.{}{}{}", source_.name, body_.type->key,
                       what.starts_with('.') ? "" : " ", what);
  }

  const config::Config& config_;
  const config::Middleware& source_;
  const config::TypedBody& body_;
  std::vector<std::shared_ptr<AskedService>>& asked_;
  config::Findings& findings_;
  std::uint64_t identity_;
};

const http::ServiceSlot* OneBuild::service(const config::At<std::string>& name) {
  const std::string wanted = routing::qualified(name.value, source_.provider);
  const auto& all = config_.dynamic.services;
  const bool is_there = std::any_of(all.begin(), all.end(), [&](const config::Service& service) {
    return routing::qualified(service.name, service.provider) == wanted;
  });
  if (!is_there) {
    broken(name.mark,
           fmt::format(".service names {}, which does not exist", text::quoted(name.value)),
           "declare it under http.services");
    return nullptr;
  }
  const auto& asked = asked_.emplace_back(std::make_shared<AskedService>());
  asked->service = wanted;
  return &asked->slot;
}

const http::ServiceSlot* OneBuild::server(const http::ServerSpec& spec) {
  auto url = upstream::parse_server_url(spec.url.value);
  if (!url || (url->scheme != "http" && url->scheme != "https")) {
    broken(spec.url.mark,
           fmt::format(".address {} {}", text::quoted(spec.url.value),
                       url ? "is of a scheme that cannot be asked" : url.error().what),
           "write http://HOST:PORT/PATH");
    return nullptr;
  }
  auto made = std::make_shared<AskedService>();
  AskedService& asked = *made;
  asked.of = routing::qualified(source_.name, source_.provider);
  asked.url = std::move(url).value();
  asked.request_timeout_ms = spec.request_timeout_ms;
  asked.tls.verify = !spec.insecure_skip_verify;
  if (!spec.ca.empty()) asked.tls.authorities.push_back(spec.ca);
  if (!spec.cert.empty()) asked.tls.certificates.push_back({spec.cert, spec.key});
  if (asked.url.scheme == "https") {
    const auto context = tls::ClientContext::create(asked.tls, nullptr);
    if (!context) {
      broken({}, fmt::format(".tls: {}", context.error().what), "mend the certificate or the key");
      return nullptr;
    }
  }
  asked_.push_back(std::move(made));
  return &asked.slot;
}

std::string title_of(const config::Middleware& middleware) {
  return "middleware " + routing::qualified(middleware.name, middleware.provider);
}

// Of its name and everything that is written below it.
std::uint64_t definition_of(const config::Middleware& source) {
  const config::Section& http = *config::dynamic_section().find("http")->section;
  const config::Section& keys = *http.find("middlewares")->section;
  return fnv1a(routing::qualified(source.name, source.provider) + '\0' +
               config::encode_unplaced(keys, &source));
}

// `compress: false`
bool is_switched_off(const config::Node& node) {
  return node.is_scalar() && config::parse_flag(config::scalar_text(node)) == false;
}

class Planner {
 public:
  Planner(const config::Config& config, const Modules& modules, config::Findings& findings)
      : config_(config),
        modules_(modules),
        types_(middleware_types(modules)),
        findings_(findings) {}

  MiddlewarePlans run() {
    for (const config::Middleware& middleware : config_.dynamic.middlewares) {
      MiddlewarePlan& plan =
          plans_.by_name[routing::qualified(middleware.name, middleware.provider)];
      plan.source = &middleware;
      make(plan);
    }
    for (auto& [name, plan] : plans_.by_name)
      expand(name, plan);
    return std::move(plans_);
  }

 private:
  struct Maker {
    const http::MiddlewareModule* module = nullptr;
    bool is_old = false;
    http::MiddlewarePtr build(const void* options, http::Build& build) const {
      if (module == nullptr) return nullptr;
      return is_old ? module->build_old(options, build) : module->build(options, build);
    }
  };

  // A middleware without a type, or of one that is not there, was complained of by validate().
  void make(MiddlewarePlan& plan) {
    const config::Findings::About about(findings_, title_of(*plan.source));
    const config::TypedBody body = config::typed_body(*plan.source, types_);
    plan.standing = Standing::broken;
    if (body.type == nullptr) return blame_types(*plan.source);
    config::Findings heard;  // when the document was read
    const std::shared_ptr<const void> options = config::decode_options(*plan.source, body, heard);
    if (options == nullptr) {
      for (const config::Finding& finding : heard.all())
        findings_.blame(finding.severity, finding.what);
      return;
    }
    if (is_switched_off(body.entry->value)) {
      plan.standing = Standing::usable;  // there, and nothing happens
      return;
    }
    if (body.type->key == chain_type.key) {
      plan.standing = Standing::usable;
      plan.members = static_cast<const ChainOptions*>(options.get())->middlewares;
      return;
    }
    OneBuild build(config_, *plan.source, body, plan.asked, findings_);
    const Maker maker = maker_of(body.type->key);
    if (maker.is_old)
      build.warn({}, "is an old name", fmt::format("write {}", maker.module->type.key));
    plan.made = maker.build(options.get(), build);
    plans_.asked.insert(plans_.asked.end(), plan.asked.begin(), plan.asked.end());
    if (plan.made == nullptr) return;
    plan.standing = Standing::usable;
    plan.links = {&plan};
    if (maker.module->is_stateful) prepare_others(plan, body, options, maker);
  }

  // One type that is not there was found by validate(), other numbers of types when the document was read.
  void blame_types(const config::Middleware& middleware) {
    const auto& types = middleware.body.entries;
    const auto given = std::count_if(types.begin(), types.end(), [](const config::Entry& type) {
      return !type.value.is_null();
    });
    if (given != 1)
      findings_.blame(config::Severity::broken,
                      given == 0 ? "it has no type" : "it has more than one type");
  }

  // What was good once is good again: nothing is said of it a second time.
  void prepare_others(MiddlewarePlan& plan, const config::TypedBody& typed,
                      const std::shared_ptr<const void>& options, const Maker& maker) {
    plan.definition = definition_of(*plan.source);
    plan.make_another = [&config = config_, source = plan.source, type = *typed.type,
                         entry = typed.entry, options, maker](std::uint64_t identity) {
      const config::TypedBody body{&type, entry};
      config::Findings said_before;
      std::vector<std::shared_ptr<AskedService>> asked;
      OneBuild build(config, *source, body, asked, said_before, identity);
      std::shared_ptr<const http::Middleware> made = maker.build(options.get(), build);
      PM_CHECK(asked.empty(), "a middleware with state asks no service");
      return made;
    };
  }

  Maker maker_of(std::string_view key) const {
    for (const http::MiddlewareModule* module : modules_.middlewares) {
      if (module->type.key == key) return {module, false};
      if (module->old_type.key == key && module->build_old != nullptr) return {module, true};
    }
    return {};
  }

  void break_it(MiddlewarePlan& plan, Mark mark, const std::string& what, std::string advice) {
    plan.standing = Standing::broken;
    plan.links.clear();
    const config::Findings::About about(findings_, title_of(*plan.source));
    findings_.broken(mark, fmt::format("middleware {} {}", text::quoted(plan.source->name), what),
                     std::move(advice));
  }

  // Depth first; a chain that is still on the path closes a cycle.
  void expand(const std::string& name, MiddlewarePlan& plan) {
    if (plan.members.empty() || !visited_.insert(name).second) return;
    path_.push_back(name);
    for (const config::At<std::string>& member : plan.members) {
      const std::string wanted = routing::qualified(member.value, plan.source->provider);
      if (const auto open = std::find(path_.begin(), path_.end(), wanted); open != path_.end()) {
        break_it(plan, member.mark,
                 fmt::format("is part of a cycle: {} -> {}", fmt::join(open, path_.end(), " -> "),
                             wanted),
                 "take one of the references out");
        continue;
      }
      append_member(plan, member, wanted);
    }
    if (plan.standing == Standing::broken) plan.links.clear();
    path_.pop_back();
  }

  void append_member(MiddlewarePlan& plan, const config::At<std::string>& member,
                     const std::string& wanted) {
    const auto found = plans_.by_name.find(wanted);
    if (found == plans_.by_name.end()) {
      break_it(
          plan, member.mark,
          fmt::format("names the middleware {}, which does not exist", text::quoted(member.value)),
          "declare it under http.middlewares");
      return;
    }
    expand(found->first, found->second);
    if (found->second.standing == Standing::broken) {
      break_it(plan, member.mark,
               fmt::format("needs the middleware {}, which is broken", text::quoted(member.value)),
               "mend that middleware, or take it out of the list");
      return;
    }
    const auto& links = found->second.links;
    if (plan.links.size() + links.size() <= routing::max_chain_links) {
      plan.links.insert(plan.links.end(), links.begin(), links.end());
    } else if (plan.standing == Standing::usable) {
      break_it(plan, member.mark, "has too many members, chains within it counted as their members",
               fmt::format("make it at most {}", routing::max_chain_links));
    }
  }

  const config::Config& config_;
  const Modules& modules_;
  std::vector<config::MiddlewareType> types_;
  config::Findings& findings_;
  MiddlewarePlans plans_;
  std::set<std::string, std::less<>> visited_;
  std::vector<std::string> path_;
};

}  // namespace

std::vector<config::MiddlewareType> middleware_types(const Modules& modules) {
  std::vector<config::MiddlewareType> types;
  for (const http::MiddlewareModule* module : modules.middlewares) {
    types.push_back(module->type);
    if (module->build_old != nullptr) types.push_back(module->old_type);
  }
  types.push_back(chain_type);
  std::sort(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return types;
}

MiddlewarePlans plan_middlewares(const config::Config& config, const Modules& modules,
                                 config::Findings& findings) {
  return Planner(config, modules, findings).run();
}

Standing standing_of(const MiddlewarePlans& plans, std::string_view name) {
  const auto found = plans.by_name.find(name);
  return found == plans.by_name.end() ? Standing::unknown : found->second.standing;
}

std::vector<const MiddlewarePlan*> links_of(const MiddlewarePlans& plans,
                                            const std::vector<std::string>& names) {
  std::vector<const MiddlewarePlan*> links;
  for (const std::string& name : names) {
    const auto& more = plans.by_name.find(name)->second.links;
    links.insert(links.end(), more.begin(), more.end());
  }
  return links;
}

// Named twice before one user it is two: each counts for itself.
std::vector<std::shared_ptr<const http::Middleware>> links_before(
    MiddlewarePlans& plans, std::string_view user, const std::vector<std::string>& names) {
  std::vector<std::shared_ptr<const http::Middleware>> links;
  std::map<const MiddlewarePlan*, unsigned> times;
  for (const MiddlewarePlan* plan : links_of(plans, names)) {
    if (!plan->make_another) {
      links.push_back(plan->made);
      continue;
    }
    const std::uint64_t identity =
        fnv1a(fmt::format("{}|{}|{}", user, plan->definition, times[plan]++));
    auto& own = plans.of_one_user[identity];
    if (own == nullptr) own = plan->make_another(identity);
    links.push_back(own);
  }
  return links;
}

}  // namespace pm::runtime
