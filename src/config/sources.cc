// SPDX-License-Identifier: MIT
#include "config/sources.h"

#include "config/options.h"
#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>

namespace pm::config {
namespace {

constexpr std::uint64_t max_items =
    1024;  // "[n]": a list in a flag is short; a typo must not allocate
constexpr const char* name_advice = "see pointsman.yaml(5) for the names";
constexpr std::size_t max_elements = 32;  // no option lies deeper

// "domains[0]": a key and the indices behind it.
struct Element {
  std::string_view key;
  std::vector<std::size_t> indices;
};

struct Path {
  std::vector<Element> elements;
  std::string wrong;  // why it is none; "" when it is one
};

Element parse_element(std::string_view text, std::string& wrong) {
  const std::size_t bracket = text.find('[');
  Element element{text.substr(0, bracket), {}};
  if (element.key.empty()) wrong = "an element of the name is empty";

  std::string_view rest = bracket == std::string_view::npos ? "" : text.substr(bracket);
  while (!rest.empty()) {
    const std::size_t end = rest.find(']');
    const auto index =
        end == std::string_view::npos ? std::nullopt : parse_u64(rest.substr(1, end - 1));
    if (rest[0] != '[' || !index || *index >= max_items) {
      wrong = fmt::format("{} is not an index from 0 to {}", text::quoted(rest), max_items - 1);
      return element;
    }
    element.indices.push_back(*index);
    rest.remove_prefix(end + 1);
  }
  return element;
}

Path parse_path(std::string_view text, char separator) {
  Path path;
  text::for_each_part(text, separator, [&](std::string_view part) {
    if (path.wrong.empty()) path.elements.push_back(parse_element(part, path.wrong));
  });
  if (path.elements.size() > max_elements) path.wrong = "no option lies so deep";
  return path;
}

Entry* find_entry(Node& node, std::string_view key) {
  for (Entry& entry : node.entries) {
    if (entry.key == key) return &entry;
  }
  for (Entry& entry : node.entries) {
    if (text::equals_ignore_case(entry.key, key)) return &entry;
  }
  return nullptr;
}

void become(Node& node, NodeKind kind) {
  if (node.kind == kind) return;
  const Mark mark = node.mark;
  node = Node{};
  node.kind = kind;
  node.mark = mark;
}

Node& child(Node& node, std::string_view key, Mark mark) {
  become(node, NodeKind::mapping);
  if (Entry* entry = find_entry(node, key)) return entry->value;

  node.entries.push_back({std::string(key), mark, {}});
  node.entries.back().value.mark = mark;
  return node.entries.back().value;
}

Node& item(Node& node, std::size_t index, Mark mark) {
  become(node, NodeKind::sequence);
  while (node.items.size() <= index) {
    node.items.emplace_back();
    node.items.back().mark = mark;
  }
  return node.items[index];
}

// A repeated list option appends; "--ping" beside "--ping.entryPoint=web" adds nothing.
void set_leaf(Node& leaf, std::string_view value, FlagKind kind) {
  if (leaf.is_mapping() && value == "true") return;
  if (leaf.is_scalar() && kind == FlagKind::list) {
    leaf.text += fmt::format(",{}", value);
    return;
  }
  become(leaf, NodeKind::scalar);
  leaf.text = value;
}

void insert(Node& root, const Path& path, std::string_view value, FlagKind kind) {
  Node* node = &root;
  for (const Element& element : path.elements) {
    node = &child(*node, element.key, root.mark);
    for (const std::size_t index : element.indices)
      node = &item(*node, index, root.mark);
  }
  set_leaf(*node, value, kind);
}

// The first index that was left out, as a path; "" when every list is whole.
std::string find_gap(const Node& node, const std::string& path) {
  for (const Entry& entry : node.entries) {
    std::string gap = find_gap(entry.value, path.empty() ? entry.key : path + "." + entry.key);
    if (!gap.empty()) return gap;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", path, i);
    if (node.items[i].is_null()) return here;
    std::string gap = find_gap(node.items[i], here);
    if (!gap.empty()) return gap;
  }
  return "";
}

Node empty_tree(std::string_view source, Findings& findings) {
  Node root;
  root.kind = NodeKind::mapping;
  root.mark.source = findings.add_source(std::string(source));
  return root;
}

void check_gaps(const Node& root, Findings& findings) {
  const std::string gap = find_gap(root, "");
  if (!gap.empty()) {
    findings.error(root.mark, fmt::format("{} is missing", gap),
                   "number the items from 0 without gaps");
  }
}

// What stands behind the prefix: "LOG_LEVEL" of "TRAEFIK_LOG_LEVEL"; "" when it is not an option's name.
std::string option_name(std::string_view variable, std::string_view prefix) {
  if (!variable.starts_with(prefix)) return "";
  const std::string_view name = variable.substr(prefix.size());
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') return "";
  }
  return text::to_lower(name);
}

void add_variable(Node& root, std::string_view variable, std::string_view name,
                  std::string_view value, Findings& findings) {
  // Container tools set TRAEFIK_PORT_80_TCP and the like: only what begins with a root key is meant for us.
  const std::string_view first = name.substr(0, name.find_first_of("_["));
  if (flag_kind(first) == FlagKind::unknown) return;

  const Path path = parse_path(name, '_');
  if (!path.wrong.empty()) {
    findings.error(root.mark, fmt::format("{}: {}", variable, path.wrong), name_advice);
    return;
  }
  insert(root, path, value, flag_kind(text::replace_all(name, "_", ".")));
}

Node prefix_tree(const Environment& environment, std::string_view prefix, Findings& findings) {
  Node root = empty_tree("environment", findings);
  for (const auto& [variable, value] : environment.all()) {
    const std::string name = option_name(variable, prefix);
    if (!name.empty()) add_variable(root, variable, name, value, findings);
  }
  check_gaps(root, findings);
  return root;
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same_value(a.items[i], b.items[i])) return false;
  }
  if (a.entries.size() != b.entries.size()) return false;
  for (const Entry& entry : a.entries) {
    const Entry* other = b.find_ignore_case(entry.key);
    if (other == nullptr || !same_value(entry.value, other->value)) return false;
  }
  return true;
}

std::string place(Mark mark, const Findings& findings) {
  const std::string& name = findings.sources()[mark.source];
  return mark.line == 0 ? name : fmt::format("{}:{}:{}", name, mark.line, mark.column);
}

std::string shown(const Node& node, const std::string& path) {
  const Option* option = option_at(static_section(), path);
  if (option != nullptr && option->is_secret) return "<redacted>";
  return node.is_scalar() ? text::quoted(node.text) : std::string(kind_name(node.kind));
}

// Where the keys of a mapping are, as written first and whatever the case then. A hostile file may have a million of them.
class KeyIndex {
 public:
  explicit KeyIndex(const Node& mapping) {
    for (std::size_t at = 0; at < mapping.entries.size(); ++at)
      add(mapping.entries[at].key, at);
  }
  void add(const std::string& key, std::size_t at) {
    exact_.emplace(key, at);
    folded_.emplace(text::to_lower(key), at);
  }
  std::optional<std::size_t> find(const std::string& key) const {
    if (const auto found = exact_.find(key); found != exact_.end()) return found->second;
    const auto found = folded_.find(text::to_lower(key));
    return found == folded_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::unordered_map<std::string, std::size_t> exact_;
  std::unordered_map<std::string, std::size_t> folded_;
};

class Layers {
 public:
  Layers(Clash clash, Findings& findings) : clash_(clash), findings_(&findings) {}

  void lay(Node& base, Node over, const std::string& path) {
    if (over.is_null()) return;
    if (base.is_mapping() && over.is_mapping()) return lay_mapping(base, std::move(over), path);
    // "--ping" over a section that the file fills leaves it as it is; a section over "ping: true" says more.
    if (base.is_mapping() && over.is_scalar() && over.text == "true") return;
    const bool only_on = base.is_scalar() && base.text == "true" && over.is_mapping();
    if (!base.is_null() && !only_on && !same_value(base, over)) report(base, over, path);
    base = std::move(over);
  }

 private:
  void lay_mapping(Node& base, Node over, const std::string& path) {
    KeyIndex index(base);
    for (Entry& entry : over.entries) {
      const std::optional<std::size_t> at = index.find(entry.key);
      if (!at) {
        index.add(entry.key, base.entries.size());
        base.entries.push_back(std::move(entry));
        continue;
      }
      Entry& below = base.entries[*at];
      lay(below.value, std::move(entry.value), path.empty() ? below.key : path + "." + below.key);
    }
  }

  void report(const Node& base, const Node& over, const std::string& path) {
    if (clash_ == Clash::silent) return;
    std::string what = fmt::format("{}: {} overrides {} of {}", path, shown(over, path),
                                   shown(base, path), place(base.mark, *findings_));
    if (clash_ == Clash::warning) {
      findings_->warning(over.mark, std::move(what), "keep one of them");
      return;
    }
    what = fmt::format("{} is set twice: {} here, {} in {}", path, shown(over, path),
                       shown(base, path), place(base.mark, *findings_));
    findings_->error(over.mark, std::move(what), "keep one of them");
  }

  Clash clash_;
  Findings* findings_;
};

}  // namespace

Node flags_tree(std::span<const StaticFlag> flags, Findings& findings) {
  Node root = empty_tree("command line", findings);
  for (const StaticFlag& flag : flags) {
    const Path path = parse_path(flag.path, '.');
    if (!path.wrong.empty()) {
      findings.error(root.mark, fmt::format("--{}: {}", flag.path, path.wrong), name_advice);
      continue;
    }
    insert(root, path, flag.value, flag_kind(flag.path));
  }
  check_gaps(root, findings);
  return root;
}

Node environment_tree(const Environment& environment, Findings& findings) {
  Node root = prefix_tree(environment, "TRAEFIK_", findings);
  lay_over(root, prefix_tree(environment, "POINTSMAN_", findings), Clash::warning, findings);
  return root;
}

void lay_over(Node& base, Node over, Clash clash, Findings& findings) {
  Layers(clash, findings).lay(base, std::move(over), "");
}

}  // namespace pm::config
