// SPDX-License-Identifier: MIT
#include "config/decode.h"

#include "config/options.h"
#include "config/value.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config {
namespace {

// Suggestions compare a word with every key beside it: cheap for a person's mistakes, not for a file of a million.
constexpr std::size_t max_suggestions = 100;
constexpr std::size_t longest_suggested = 64;

enum class Unknown : std::uint8_t { refused, left };

class Decoder {
 public:
  Decoder(Findings& findings, std::string_view provider, std::string_view path, Origins* origins)
      : findings_(findings), provider_(provider), path_(path), origins_(origins) {}

  void keys(const Node& node, const Section& section, void* object, Unknown unknown);
  void body(const Node& node, const Section& section, void* object);
  // A section that stands below a key of its own: empty, or switched on by a scalar, where `option` allows that.
  void standing(const Node& node, const Option& option, void* object) {
    sections(node, option, object);
  }

 private:
  class Step;

  void option(const Entry& entry, const Option& option, void* object);
  void unknown_key(const Entry& entry, const Section& section);
  void not_there(const Node& node, const Option& option, void* object);
  void scalar(const Node& node, const Option& option, void* object);
  bool read(const Node& node, const Option& option, Value& value);
  void sections(const Node& node, const Option& option, void* object);
  bool is_switched_on(const Node& node, const Option& option);
  void section_list(const Node& node, const Option& option, void* object);
  void named_sections(const Node& node, const Option& option, void* object);
  void named_section(const Entry& entry, const Option& option, void* object);
  void whole(const Node& node, const Section& section, void* object);
  void verify(Mark mark, const Section& section, const void* object);
  bool refuse_empty(const Node& node);
  void remember(Mark mark);

  Findings& findings_;
  std::string provider_;
  std::string path_;
  Origins* origins_;
  std::size_t suggestions_ = 0;
};

// One more element of the path, for as long as it lives.
class Decoder::Step {
 public:
  Step(std::string& path, std::string_view element) : path_(path), length_(path.size()) {
    if (!path.empty() && !element.starts_with('[')) path += '.';
    path += element;
  }
  ~Step() { path_.resize(length_); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  std::string& path_;
  std::size_t length_;
};

void Decoder::remember(Mark mark) {
  if (origins_ != nullptr) origins_->emplace(provider_ + ":" + path_, mark);
}

void Decoder::keys(const Node& node, const Section& section, void* object, Unknown unknown) {
  std::vector<const Option*> given;
  for (const Entry& entry : node.entries) {
    const Option* found = section.find(entry.key);
    if (found == nullptr) {
      if (unknown == Unknown::refused) unknown_key(entry, section);
      continue;
    }
    if (std::find(given.begin(), given.end(), found) != given.end()) {
      findings_.error(
          entry.key_mark,
          fmt::format("key {} is given twice, in two spellings", text::quoted(entry.key)),
          fmt::format("keep one \"{}\"", found->key));
      continue;
    }
    given.push_back(found);
    option(entry, *found, object);
  }
}

void Decoder::unknown_key(const Entry& entry, const Section& section) {
  const std::string where = path_.empty() ? "at the top of the file" : "in " + path_;
  if (entry.value.is_null()) {
    findings_.warning(entry.key_mark,
                      fmt::format("unknown key {} {} has no value and is ignored",
                                  text::quoted(entry.key), where),
                      "take it out");
    return;
  }
  std::vector<std::string_view> known;
  for (const Option& option : section.options) {
    if (!option.key.empty() && option.status != Status::refused) known.push_back(option.key);
  }
  std::string_view near;
  if (entry.key.size() <= longest_suggested && suggestions_ < max_suggestions) {
    ++suggestions_;
    near = text::nearest(entry.key, known);
  }
  findings_.error(entry.key_mark, fmt::format("unknown key {} {}", text::quoted(entry.key), where),
                  near.empty() ? "take it out, or see pointsman.yaml(5) for the keys that there are"
                               : fmt::format("did you mean \"{}\"?", near));
}

void Decoder::option(const Entry& entry, const Option& option, void* object) {
  const Node& node = entry.value;
  if (node.is_null()) return;
  const Step step(path_, option.key);
  switch (option.status) {
    case Status::supported:
    case Status::accepted: break;
    case Status::refused:
      findings_.error(entry.key_mark, fmt::format("{} is not supported: {}", path_, option.reason),
                      "take it out");
      return;
    case Status::later:
    case Status::missing: not_there(node, option, object); return;
  }
  if (option.section != nullptr) {
    sections(node, option, object);
  } else {
    scalar(node, option, object);
  }
}

// Whether a value asks for what is there anyway: a missing feature switched off.
bool is_quiet(const Option& option, const Value& value) {
  if (option.quiet.empty()) return false;
  Node as_written;
  as_written.kind = NodeKind::scalar;
  as_written.text = option.quiet;
  std::vector<Refusal> refusals;
  Value quiet;
  return read_value(as_written, option, refusals, quiet) && quiet.flag == value.flag &&
         quiet.number == value.number && quiet.text == value.text;
}

// Decision 13: nothing is ignored in silence, and what is asked for in vain is checked all the same.
void Decoder::not_there(const Node& node, const Option& option, void* object) {
  if (option.may_be_empty && node.is_scalar() && !is_switched_on(node, option)) return;
  if (option.kind == Kind::noted) {
    Value note;
    note.text = option.key;
    note.mark = node.mark;
    option.set(object, std::move(note));
    return;
  }
  if (option.section != nullptr) {
    sections(node, option, object);
  } else if (option.kind != Kind::opaque) {
    Value value;
    if (!read(node, option, value)) return;
    const bool is_missed = !is_quiet(option, value);
    if (option.set != nullptr) {
      remember(node.mark);
      option.set(object, std::move(value));
    }
    if (!is_missed) return;
  }
  const std::string_view why = option.reason;
  if (option.status == Status::later) {
    findings_.warning(node.mark, fmt::format("{} is not supported yet and has no effect", path_),
                      std::string(why));
  } else {
    findings_.error(node.mark, fmt::format("{} is not supported yet", path_),
                    why.empty() ? "take it out" : std::string(why));
  }
}

bool Decoder::read(const Node& node, const Option& option, Value& value) {
  std::vector<Refusal> refusals;
  const bool is_good = read_value(node, option, refusals, value);
  for (Refusal& refusal : refusals) {
    const bool breaks = option.breaks_only && refusal.of == Refusal::Of::value;
    const Severity wrong = breaks ? Severity::broken : Severity::error;
    findings_.add(refusal.of == Refusal::Of::detail ? Severity::warning : wrong, refusal.mark,
                  path_ + refusal.what, std::move(refusal.advice));
  }
  return is_good && value.is_set;
}

void Decoder::scalar(const Node& node, const Option& option, void* object) {
  if (option.kind == Kind::opaque && node.is_scalar() && !is_switched_on(node, option)) return;
  if (option.kind == Kind::text_map && node.is_mapping() && refuse_empty(node)) return;
  Value value;
  if (!read(node, option, value) || option.set == nullptr) return;
  remember(node.mark);
  option.set(object, std::move(value));
}

bool Decoder::refuse_empty(const Node& node) {
  if (!node.entries.empty()) return false;
  findings_.error(node.mark, fmt::format("{}: an empty section cannot stand alone", path_),
                  "write keys below it, or take it out");
  return true;
}

// A scalar where a section may be empty: true switches it on with its defaults, anything else leaves it off.
bool Decoder::is_switched_on(const Node& node, const Option& option) {
  if (!option.may_be_empty) {
    findings_.error(
        node.mark,
        fmt::format("{}: {} where {} is needed", path_, kind_name(node.kind), kind_text(option)),
        "write keys below it");
    return false;
  }
  const std::optional<bool> flag = parse_flag(scalar_text(node));
  if (!flag) {
    findings_.warning(
        node.mark,
        fmt::format("{} {}: not a section, so it stays off", path_, text::quoted(node.text)),
        "write true, false, or keys below it");
  }
  return flag.value_or(false);
}

void Decoder::sections(const Node& node, const Option& option, void* object) {
  if (option.kind == Kind::section_list) {
    section_list(node, option, object);
    return;
  }
  if (option.kind == Kind::named_sections) {
    named_sections(node, option, object);
    return;
  }
  if (node.is_scalar()) {
    if (!is_switched_on(node, option)) return;
  } else if (!node.is_mapping()) {
    findings_.error(node.mark,
                    fmt::format("{}: {} where a section is needed", path_, kind_name(node.kind)),
                    "write keys below it");
    return;
  } else if (!option.may_be_empty && refuse_empty(node)) {
    return;
  }
  remember(node.mark);
  void* opened = option.open == nullptr ? object : option.open(object);
  keys(node, *option.section, opened, Unknown::refused);
  verify(node.mark, *option.section, opened);
}

void Decoder::section_list(const Node& node, const Option& option, void* object) {
  if (!node.is_sequence()) {
    findings_.error(node.mark,
                    fmt::format("{}: {} where a list is needed", path_, kind_name(node.kind)),
                    "begin each element with \"- \"");
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Step step(path_, fmt::format("[{}]", i));
    body(node.items[i], *option.section, option.open(object));
  }
}

void Decoder::named_sections(const Node& node, const Option& option, void* object) {
  if (!node.is_mapping()) {
    findings_.error(
        node.mark,
        fmt::format("{}: {} where a section of names is needed", path_, kind_name(node.kind)),
        "write NAME: and keys below it");
    return;
  }
  if (refuse_empty(node)) return;
  for (const Entry& entry : node.entries) {
    const Step step(path_, entry.key);
    named_section(entry, option, object);
  }
}

void Decoder::named_section(const Entry& entry, const Option& option, void* object) {
  if (entry.key.find('@') != std::string::npos) {
    findings_.error(entry.key_mark, fmt::format("{}: a name of one's own holds no \"@\"", path_),
                    "what stands behind it is the provider, and is added by itself");
    return;
  }
  if (entry.value.is_null()) {
    findings_.warning(entry.key_mark, fmt::format("{} has no value and is ignored", path_),
                      "write keys below it, or take it out");
    return;
  }
  void* opened = option.open(object);
  option.section->identify(opened, entry.key, provider_, entry.key_mark);
  body(entry.value, *option.section, opened);
}

void Decoder::body(const Node& node, const Section& section, void* object) {
  if (!node.is_mapping()) {
    findings_.error(node.mark,
                    fmt::format("{}: {} where a section is needed", path_, kind_name(node.kind)),
                    "write keys below it");
    return;
  }
  if (refuse_empty(node)) return;
  remember(node.mark);
  if (section.whole != nullptr) {
    Value tree;
    tree.tree = node;
    tree.mark = node.mark;
    section.whole->set(object, std::move(tree));
  } else {
    keys(node, section, object, Unknown::refused);
  }
  verify(node.mark, section, object);
}

void Decoder::verify(Mark mark, const Section& section, const void* object) {
  Complaint complaint;
  if (section.verify == nullptr || section.verify(object, complaint)) return;
  if (complaint.mark.source != 0) mark = complaint.mark;
  findings_.add(complaint.severity, mark, fmt::format("{} {}", path_, complaint.what),
                std::move(complaint.advice));
}

// A service has one type: of two that are there, the one by weight counts as the one too many.
void note_second_types(Dynamic& part) {
  for (Service& service : part.services) {
    if (!service.load_balancer || !service.weighted) continue;
    service.other_types.push_back({"weighted", service.mark});
    service.weighted.reset();
  }
}

void judge_bodies(const Dynamic& part, MiddlewareTypes types, Findings& findings) {
  for (const Middleware& middleware : part.middlewares) {
    const TypedBody body = typed_body(middleware, types);
    if (body.type != nullptr) decode_options(middleware, body, findings);
  }
}

template <class Part>
bool decode_part(const Node& root, const Section& section, std::string_view provider,
                 Findings& findings, Part& out, Origins* origins, MiddlewareTypes types = {}) {
  if (root.is_null()) return true;
  if (!root.is_mapping()) return false;
  const std::size_t before = findings.count(Severity::error);
  Part part;
  Decoder(findings, provider, {}, origins).keys(root, section, &part, Unknown::left);
  if constexpr (std::is_same_v<Part, Dynamic>) {
    note_second_types(part);
    judge_bodies(part, types, findings);
  }
  if (findings.count(Severity::error) != before) return false;
  out = std::move(part);
  return true;
}

}  // namespace

bool check_roots(const Node& root, Roots roots, Findings& findings) {
  if (root.is_null()) {
    findings.warning(root.mark, "the file is empty: it configures nothing");
    return true;
  }
  if (!root.is_mapping()) {
    findings.error(root.mark, fmt::format("{} where a section is needed", kind_name(root.kind)),
                   "a configuration is written as KEY: VALUE");
    return false;
  }
  // Unknown keys are judged against both tables at once, so that a suggestion may come from either.
  std::vector<Option> both;
  for (const Section* section : {&static_section(), &dynamic_section()}) {
    both.insert(both.end(), section->options.begin(), section->options.end());
  }
  Section all;
  all.options = both;
  const std::size_t before = findings.count(Severity::error);
  Node unknown;
  for (const Entry& entry : root.entries) {
    if (all.find(entry.key) == nullptr) {
      Node stub;
      if (!entry.value.is_null()) stub.kind = NodeKind::scalar;
      unknown.entries.push_back({entry.key, entry.key_mark, std::move(stub)});
    } else if (roots == Roots::dynamic_only && dynamic_section().find(entry.key) == nullptr &&
               !entry.value.is_null()) {
      findings.warning(entry.key_mark,
                       fmt::format("{} belongs to the static part and is not read from here",
                                   text::quoted(entry.key)),
                       "move it to the main configuration file");
    }
  }
  Decoder(findings, {}, {}, nullptr).keys(unknown, all, nullptr, Unknown::refused);
  return findings.count(Severity::error) == before;
}

bool decode_static(const Node& root, Findings& findings, Static& out, Origins* origins) {
  return decode_part(root, static_section(), {}, findings, out, origins);
}

bool decode_dynamic(const Node& root, std::string_view provider, Findings& findings, Dynamic& out,
                    Origins* origins, MiddlewareTypes types) {
  return decode_part(root, dynamic_section(), provider, findings, out, origins, types);
}

const MiddlewareType* find_type(MiddlewareTypes types, std::string_view key) noexcept {
  for (const MiddlewareType& type : types) {
    if (text::equals_ignore_case(type.key, key)) return &type;
  }
  return nullptr;
}

TypedBody typed_body(const Middleware& middleware, MiddlewareTypes types) noexcept {
  TypedBody found;
  for (const Entry& entry : middleware.body.entries) {
    if (entry.value.is_null()) continue;
    if (found.entry != nullptr) return {};
    found = {find_type(types, entry.key), &entry};
  }
  return found.type != nullptr ? found : TypedBody{};
}

Born decode_options(const Middleware& middleware, const TypedBody& body, Findings& findings) {
  const std::size_t before = findings.count(Severity::error) + findings.count(Severity::broken);
  Born options = body.type->options->born();
  Option whole = group(body.type->key, *body.type->options, {});
  whole.may_be_empty = body.type->may_be_empty;
  const std::string path = fmt::format("http.middlewares.{}.{}", middleware.name, body.type->key);
  // What was born for us is ours to fill.
  Decoder(findings, middleware.provider, path, nullptr)
      .standing(body.entry->value, whole, const_cast<void*>(options.get()));
  if (findings.count(Severity::error) + findings.count(Severity::broken) != before)
    return Born(nullptr, [](const void*) {});
  return options;
}

bool decode_section(const Node& node, const Section& keys, std::string_view path,
                    Findings& findings, void* object) {
  const std::size_t before = findings.count(Severity::error);
  Decoder(findings, {}, path, nullptr).body(node, keys, object);
  return findings.count(Severity::error) == before;
}

}  // namespace pm::config
