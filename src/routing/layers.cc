// SPDX-License-Identifier: MIT
#include "routing/layers.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pm::routing {
namespace {

class Layers {
 public:
  Layers(std::vector<Draft>& drafts, config::Findings& findings)
      : drafts_(drafts), findings_(findings) {}
  std::vector<std::uint32_t> arrange();

 private:
  enum class Mark : std::uint8_t { fresh, open, done };
  struct Visit {
    std::uint32_t draft;
    std::size_t next_child;
  };

  Names names() const;
  using References = std::vector<const config::At<std::string>*>;
  void resolve_parents(std::uint32_t at);
  void report_missing(Draft& draft, const References& missing);
  void judge_child(Draft& draft);
  void visit_from(std::uint32_t start);
  void cut(std::uint32_t parent, std::size_t child_place);
  void disable(Draft& draft, config::Mark mark, std::string what, std::string advice);

  std::vector<Draft>& drafts_;
  config::Findings& findings_;
  std::map<std::string_view, std::uint32_t> by_name_;
  std::vector<Mark> marks_;
  std::vector<std::uint32_t> order_;
};

void Layers::disable(Draft& draft, config::Mark mark, std::string what, std::string advice) {
  draft.enabled = false;
  const config::Findings::About about(findings_, "router " + draft.name);
  findings_.broken(mark, title(draft) + " " + what, std::move(advice));
}

Names Layers::names() const {
  Names names;
  for (const Draft& draft : drafts_)
    names.push_back(draft.source->name);
  return names;
}

void Layers::resolve_parents(std::uint32_t at) {
  Draft& draft = drafts_[at];
  References missing;
  for (const config::At<std::string>& reference : draft.source->parent_refs) {
    const auto found = by_name_.find(qualified(reference.value, draft.source->provider));
    if (found == by_name_.end()) {
      missing.push_back(&reference);
      continue;
    }
    Draft& parent = drafts_[found->second];
    parent.is_parent = true;
    if (std::find(draft.parents.begin(), draft.parents.end(), found->second) != draft.parents.end())
      continue;
    draft.parents.push_back(found->second);
    parent.children.push_back(at);
  }
  report_missing(draft, missing);
}

// References to nowhere: the others are enough, but without any parent left there is no place for the router.
void Layers::report_missing(Draft& draft, const References& missing) {
  const config::Findings::About about(findings_, "router " + draft.name);
  for (const config::At<std::string>* reference : missing) {
    std::string what =
        fmt::format("names the parent {}, which does not exist", text::quoted(reference->value));
    std::string advice = did_you_mean(
        findings_, reference->value, [this] { return names(); }, "declare it under http.routers");
    if (draft.parents.empty()) {
      disable(draft, reference->mark, std::move(what), std::move(advice));
    } else {
      findings_.warning(reference->mark, title(draft) + " " + what, std::move(advice));
    }
  }
}

// What only a root may have.
void Layers::judge_child(Draft& draft) {
  const config::Router& source = *draft.source;
  const auto refuse = [&](config::Mark mark, std::string_view what) {
    disable(draft, mark, fmt::format("has parentRefs and {}", what), "leave it to the parent");
  };
  if (!source.entry_points.empty()) refuse(source.entry_points[0].mark, "entryPoints");
  if (source.tls)
    refuse(source.tls->options.mark.line != 0 ? source.tls->options.mark : source.mark, "tls");
  if (source.observability) refuse(source.mark, "observability");
  if (source.grpc_errors) refuse(source.mark, "grpcErrors");
}

void Layers::cut(std::uint32_t parent, std::size_t child_place) {
  const std::uint32_t child = drafts_[parent].children[child_place];
  Draft& draft = drafts_[child];
  drafts_[parent].children.erase(drafts_[parent].children.begin() +
                                 static_cast<std::ptrdiff_t>(child_place));
  drafts_[parent].is_parent = !drafts_[parent].children.empty();
  std::erase(draft.parents, parent);
  const config::Findings::About about(findings_, "router " + draft.name);
  findings_.warning(draft.source->parent_refs[0].mark,
                    fmt::format("{} is an ancestor of its parent {}; that reference is ignored",
                                title(draft), text::quoted(drafts_[parent].source->name)),
                    "make parentRefs lead to a router with a rule of its own and no parents");
}

// Depth first; a router is put into the order when all its children are in it.
void Layers::visit_from(std::uint32_t start) {
  if (marks_[start] != Mark::fresh) return;
  std::vector<Visit> path{{start, 0}};
  marks_[start] = Mark::open;
  while (!path.empty()) {
    Visit& top = path.back();
    const std::vector<std::uint32_t>& children = drafts_[top.draft].children;
    if (top.next_child == children.size()) {
      marks_[top.draft] = Mark::done;
      order_.push_back(top.draft);
      path.pop_back();
      continue;
    }
    const std::uint32_t child = children[top.next_child];
    if (marks_[child] == Mark::open) {
      cut(top.draft, top.next_child);
      continue;
    }
    ++top.next_child;
    if (marks_[child] == Mark::done) continue;
    marks_[child] = Mark::open;
    path.push_back({child, 0});
  }
}

std::vector<std::uint32_t> Layers::arrange() {
  const auto count = static_cast<std::uint32_t>(drafts_.size());
  for (std::uint32_t at = 0; at < count; ++at)
    by_name_.emplace(drafts_[at].name, at);
  for (std::uint32_t at = 0; at < count; ++at) {
    if (!drafts_[at].is_child()) continue;
    resolve_parents(at);
    judge_child(drafts_[at]);
  }
  marks_.assign(count, Mark::fresh);
  for (std::uint32_t at = 0; at < count; ++at) {
    if (!drafts_[at].is_child()) visit_from(at);
  }
  // What no root leads to: cycles by themselves, and what hangs on them or on a router without parents.
  const std::size_t reached = order_.size();
  for (std::uint32_t at = 0; at < count; ++at)
    visit_from(at);
  for (std::size_t i = reached; i < order_.size(); ++i) {
    Draft& draft = drafts_[order_[i]];
    if (!draft.enabled) continue;
    disable(draft, draft.source->parent_refs[0].mark,
            "is not reachable: no root router leads to it",
            "let its parents lead to a router with entryPoints");
  }
  return std::move(order_);
}

}  // namespace

std::vector<std::uint32_t> arrange_layers(std::vector<Draft>& drafts, config::Findings& findings) {
  return Layers(drafts, findings).arrange();
}

}  // namespace pm::routing
