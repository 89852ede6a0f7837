// SPDX-License-Identifier: MIT
#include "config/yaml.h"

#include "core/text.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pm::config {
namespace {

// libyaml counts characters, people's editors show lines, and our marks count bytes: a cursor that walks the text from
// one event to the next, so that a document of one long line costs no more than one of many.
class Places {
 public:
  Places(std::string_view text, std::uint32_t source) : text_(text), source_(source) {}

  Mark at_character(std::size_t index) {
    while (index_ < index && byte_ < text_.size())
      step_forward();
    while (index_ > index && byte_ > 0)
      step_back();
    return mark();
  }
  Mark at_byte(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const std::string_view before = text_.substr(0, offset);
    const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {source_, lines + 1, static_cast<std::uint32_t>(offset - line_start) + 1};
  }

 private:
  static bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
  void step_forward() {
    if (text_[byte_] == '\n') {
      ++line_;
      line_start_ = byte_ + 1;
    }
    ++byte_;
    while (byte_ < text_.size() && is_continuation(text_[byte_]))
      ++byte_;
    ++index_;
  }
  void step_back() {
    --byte_;
    while (byte_ > 0 && is_continuation(text_[byte_]))
      --byte_;
    --index_;
    if (text_[byte_] != '\n') return;
    --line_;
    line_start_ = byte_ == 0 ? 0 : text_.rfind('\n', byte_ - 1) + 1;
  }
  Mark mark() const {
    return {source_, line_, static_cast<std::uint32_t>(byte_ - line_start_) + 1};
  }

  std::string_view text_;
  std::uint32_t source_;
  std::size_t index_ = 0;
  std::size_t byte_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
};

struct Size {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  std::size_t height = 0;
};

// Recursion is bounded: no tree is built deeper than max_depth.
Size size_of(const Node& node) {
  Size size{1, node.text.size(), node.is_sequence() || node.is_mapping() ? 1u : 0u};
  const auto add = [&size](const Size& child) {
    size.nodes += child.nodes;
    size.bytes += child.bytes;
    size.height = std::max(size.height, child.height + 1);
  };
  for (const Node& item : node.items)
    add(size_of(item));
  for (const Entry& entry : node.entries) {
    size.bytes += entry.key.size();
    add(size_of(entry.value));
  }
  return size;
}

bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::string_view advice_for(std::string_view problem) {
  if (problem.find("mapping values are not allowed") != std::string_view::npos) {
    return "quote a value that holds \": \", and check the indentation";
  }
  if (problem.find("cannot start any token") != std::string_view::npos) {
    return "indent with blanks, not with tabs, and quote values that begin with ` @ % or a comma";
  }
  if (problem.find("octet") != std::string_view::npos) return "save the file as UTF-8";
  if (problem.find("control characters") != std::string_view::npos) return "take them out";
  if (problem.find("end of stream") != std::string_view::npos) return "close the quote or bracket";
  return "check the indentation, the colons and the quotes here and in the lines above";
}

// A list or section whose end has not come yet.
struct Open {
  Node node;
  std::string anchor;
  bool has_key = false;
  bool is_merge_key = false;
  std::string key;
  Mark key_mark;
  std::unordered_map<std::string, Mark> keys;
  Node merged;
};

struct Anchored {
  Node node;
  Size size;
};

class Reader {
 public:
  Reader(std::string_view text, std::uint32_t source, Findings& findings)
      : places_(text, source), findings_(findings) {}

  // False: reading must stop.
  bool take(const yaml_event_t& event);
  void syntax_error(const yaml_parser_t& parser);
  bool is_done() const { return is_done_; }
  bool failed() const { return failed_; }
  Node& root() { return root_; }

 private:
  bool fail(Mark mark, std::string what, std::string advice) {
    findings_.error(mark, std::move(what), std::move(advice));
    failed_ = true;
    return false;
  }
  bool charge(std::size_t nodes, std::size_t bytes, Mark mark);
  bool charge_copy(const Size& size, Mark mark);
  bool take_scalar(const yaml_event_t& event, Mark mark);
  bool take_alias(const yaml_event_t& event, Mark mark);
  bool open(NodeKind kind, const yaml_char_t* anchor, const yaml_char_t* tag, Mark mark);
  bool close();
  bool complete(Node node, const std::string& anchor);
  bool take_key(const Node& node);
  void take_value(Open& section, Node node);
  bool merge(Open& section);
  void merge_from(Open& section, const Node& from);

  Places places_;
  Findings& findings_;
  std::vector<Open> open_;
  std::unordered_map<std::string, Anchored> anchors_;
  Node root_;
  std::size_t nodes_ = 0;
  std::size_t copies_ = 0;
  std::size_t bytes_ = 0;
  bool has_document_ = false;
  bool is_done_ = false;
  bool failed_ = false;
};

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

void Reader::syntax_error(const yaml_parser_t& parser) {
  const std::string_view problem = parser.problem == nullptr ? "unreadable" : parser.problem;
  const bool is_encoding = parser.error == YAML_READER_ERROR;
  const Mark mark = is_encoding ? places_.at_byte(parser.problem_offset)
                                : places_.at_character(parser.problem_mark.index);
  std::string what = fmt::format("not valid YAML: {}", problem);
  if (!is_encoding && parser.context != nullptr) {
    const Mark begin = places_.at_character(parser.context_mark.index);
    what += fmt::format(" {} that begins in line {}", parser.context, begin.line);
  }
  fail(mark, std::move(what), std::string(advice_for(problem)));
}

bool Reader::charge(std::size_t nodes, std::size_t bytes, Mark mark) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > max_nodes) {
    return fail(mark, fmt::format("more than {} values", max_nodes), "split the file");
  }
  if (bytes_ > max_text) {
    return fail(
        mark,
        fmt::format("more than {} MiB of text, aliases counted as often as used", max_text >> 20),
        "split the file, or use fewer aliases");
  }
  return true;
}

bool Reader::charge_copy(const Size& size, Mark mark) {
  copies_ += size.nodes;
  if (copies_ > max_copies) {
    return fail(mark, fmt::format("more than {} values by way of aliases", max_copies),
                "use fewer aliases");
  }
  return charge(size.nodes, size.bytes, mark);
}

bool Reader::take(const yaml_event_t& event) {
  const Mark mark = places_.at_character(event.start_mark.index);
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      if (std::exchange(has_document_, true)) {
        return fail(mark, "a second document in one file", "put it in a file of its own");
      }
      return true;
    case YAML_SCALAR_EVENT: return take_scalar(event, mark);
    case YAML_ALIAS_EVENT: return take_alias(event, mark);
    case YAML_SEQUENCE_START_EVENT:
      return open(NodeKind::sequence, event.data.sequence_start.anchor,
                  event.data.sequence_start.tag, mark);
    case YAML_MAPPING_START_EVENT:
      return open(NodeKind::mapping, event.data.mapping_start.anchor, event.data.mapping_start.tag,
                  mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close();
    case YAML_STREAM_END_EVENT: is_done_ = true; return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT: return true;
  }
  return true;
}

bool Reader::take_scalar(const yaml_event_t& event, Mark mark) {
  const auto& scalar = event.data.scalar;
  if (scalar.tag != nullptr) {
    return fail(mark, "tags (\"!...\") are not understood", "write the value without the tag");
  }
  if (scalar.length > max_scalar) {
    return fail(mark,
                fmt::format("a value of {} bytes; at most {} are read", scalar.length, max_scalar),
                "put long content in a file of its own and name the file");
  }
  if (!charge(1, scalar.length, mark)) return false;

  Node node;
  node.mark = mark;
  node.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
  node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
  node.kind = NodeKind::scalar;
  if (!node.quoted && is_null_text(node.text)) {
    node.kind = NodeKind::null;
    node.text.clear();
  }
  return complete(std::move(node), text_of(scalar.anchor));
}

bool Reader::take_alias(const yaml_event_t& event, Mark mark) {
  const std::string name = text_of(event.data.alias.anchor);
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    return fail(mark, fmt::format("alias {} has no anchor above it", text::quoted("*" + name)),
                "write the anchor before it is used, and not inside itself");
  }
  const Size& size = found->second.size;
  if (open_.size() + size.height > max_depth) {
    return fail(mark, fmt::format("nested deeper than {} levels", max_depth), "flatten it");
  }
  if (!charge_copy(size, mark)) return false;
  Node copy = found->second.node;
  const bool is_key = !open_.empty() && open_.back().node.is_mapping() && !open_.back().has_key;
  if (is_key) copy.mark = mark;  // a value stands where its anchor is, a key where it is used
  return complete(std::move(copy), {});
}

bool Reader::open(NodeKind kind, const yaml_char_t* anchor, const yaml_char_t* tag, Mark mark) {
  if (tag != nullptr) {
    return fail(mark, "tags (\"!...\") are not understood", "write the value without the tag");
  }
  if (open_.size() >= max_depth) {
    return fail(mark, fmt::format("nested deeper than {} levels", max_depth), "flatten it");
  }
  if (!charge(1, 0, mark)) return false;
  Open& opened = open_.emplace_back();
  opened.node.kind = kind;
  opened.node.mark = mark;
  opened.anchor = text_of(anchor);
  return true;
}

bool Reader::close() {
  Open closed = std::move(open_.back());
  open_.pop_back();
  if (!closed.merged.is_null() && !merge(closed)) return false;
  return complete(std::move(closed.node), closed.anchor);
}

bool Reader::complete(Node node, const std::string& anchor) {
  if (!anchor.empty()) {
    const Size size = size_of(node);
    if (!charge_copy(size, node.mark)) return false;
    anchors_[anchor] = {node, size};
  }
  if (open_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Open& parent = open_.back();
  if (parent.node.is_sequence()) {
    parent.node.items.push_back(std::move(node));
    return true;
  }
  if (!parent.has_key) return take_key(node);
  take_value(parent, std::move(node));
  return true;
}

bool Reader::take_key(const Node& node) {
  if (!node.is_scalar() || node.text.empty()) {
    return fail(node.mark,
                fmt::format("{} where a key is needed",
                            node.is_scalar() ? "an empty text" : kind_name(node.kind)),
                "write KEY: VALUE");
  }
  if (node.text.size() > max_key) {
    return fail(node.mark,
                fmt::format("a key of {} bytes; at most {} are read", node.text.size(), max_key),
                "write KEY: VALUE with a shorter key");
  }
  Open& section = open_.back();
  section.has_key = true;
  section.key = node.text;
  section.key_mark = node.mark;
  section.is_merge_key = !node.quoted && node.text == "<<";
  return true;
}

void Reader::take_value(Open& section, Node node) {
  section.has_key = false;
  const auto [first, is_new] = section.keys.emplace(section.key, section.key_mark);
  if (!is_new) {
    fail(section.key_mark,
         fmt::format("key {} is given twice in one section; first in line {}",
                     text::quoted(section.key), first->second.line),
         "keep one of them");
    return;
  }
  if (section.is_merge_key) {
    section.merged = std::move(node);
    return;
  }
  section.node.entries.push_back({std::move(section.key), section.key_mark, std::move(node)});
}

bool Reader::merge(Open& section) {
  Node& from = section.merged;
  if (from.is_mapping()) {
    merge_from(section, from);
    return true;
  }
  const bool is_list =
      from.is_sequence() && std::all_of(from.items.begin(), from.items.end(),
                                        [](const Node& item) { return item.is_mapping(); });
  if (!is_list) {
    return fail(from.mark,
                fmt::format("\"<<\" merges sections, and this is {}", kind_name(from.kind)),
                "write <<: *anchor");
  }
  for (const Node& item : from.items)
    merge_from(section, item);
  return true;
}

// What the section says itself wins over what is merged; of several merged sections the first.
void Reader::merge_from(Open& section, const Node& from) {
  for (const Entry& entry : from.entries) {
    if (!section.keys.emplace(entry.key, entry.key_mark).second) continue;
    section.node.entries.push_back(entry);
  }
}

}  // namespace

std::string_view yaml_version() noexcept {
  return yaml_get_version_string();
}

bool parse_yaml(std::string_view text, std::uint32_t source, Findings& findings, Node& out) {
  out = Node{};
  out.mark = {source, 1, 1};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);

  yaml_parser_t parser;
  if (yaml_parser_initialize(&parser) == 0) {
    findings.error(out.mark, "no memory to read the file");
    return false;
  }
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  Reader reader(text, source, findings);
  bool goes_on = true;
  while (goes_on && !reader.is_done()) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) == 0) {
      reader.syntax_error(parser);
      break;
    }
    goes_on = reader.take(event);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  if (reader.failed()) return false;
  if (!reader.root().is_null()) out = std::move(reader.root());
  return true;
}

}  // namespace pm::config
