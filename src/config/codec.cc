// SPDX-License-Identifier: MIT
#include "config/codec.h"

#include "config/options.h"
#include "config/yaml.h"
#include "core/hash.h"

#include <fmt/format.h>

namespace pm::config {
namespace {

constexpr std::string_view magic = "PMCF";
constexpr std::size_t deepest_tree = 2 * max_depth;

constexpr std::uint8_t flag_set = 1;
constexpr std::uint8_t flag_mark = 2;

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

void describe(const Section& section, std::string& out) {
  for (const Option& option : section.options) {
    out += fmt::format("{}:{}:{};", option.key, static_cast<int>(option.kind),
                       option.value != nullptr);
    for (const std::string_view word : option.words)
      out += fmt::format("{},", word);
    if (option.section == nullptr) continue;
    out += '{';
    describe(*option.section, out);
    out += '}';
  }
}

std::uint64_t fingerprint() {
  std::string text;
  describe(static_section(), text);
  describe(dynamic_section(), text);
  return fnv1a(text);
}

class Writer {
 public:
  enum class Marks : std::uint8_t { kept, left_out };
  explicit Writer(Marks marks = Marks::kept) : marks_(marks) {}

  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void text(std::string_view bytes) {
    number(bytes.size());
    out_ += bytes;
  }
  void mark(Mark mark) {
    if (marks_ == Marks::left_out) return;
    number(mark.source);
    number(mark.line);
    number(mark.column);
  }
  void raw(std::string_view bytes) { out_ += bytes; }
  void section(const Section& section, const void* object);
  std::string take() { return std::move(out_); }

 private:
  void value(const Option& option, const Value& value);
  void node(const Node& node);

  std::string out_;
  Marks marks_;
};

void Writer::section(const Section& section, const void* object) {
  for (const Option& option : section.options) {
    if (option.value != nullptr) {
      value(option, option.value(object));
    } else if (option.item != nullptr) {
      const std::size_t count = option.count(object);
      number(count);
      for (std::size_t i = 0; i < count; ++i)
        this->section(*option.section, option.item(object, i));
    }
  }
}

void Writer::value(const Option& option, const Value& value) {
  const bool has_mark = marks_ == Marks::kept &&
                        (value.mark.source != 0 || value.mark.line != 0 || value.mark.column != 0);
  number((value.is_set ? flag_set : 0u) | (has_mark ? flag_mark : 0u));
  if (has_mark) mark(value.mark);
  if (!value.is_set) return;
  switch (option.kind) {
    case Kind::flag: number(value.flag ? 1 : 0); return;
    case Kind::integer:
    case Kind::duration:
    case Kind::choice: number(zigzag(value.number)); return;
    case Kind::text: text(value.text); return;
    case Kind::text_list:
      number(value.list.size());
      for (const At<std::string>& element : value.list) {
        text(element.value);
        mark(element.mark);
      }
      return;
    case Kind::text_map:
      number(value.map.size());
      for (const auto& [key, element] : value.map) {
        text(key);
        text(element);
      }
      return;
    case Kind::opaque: node(value.tree); return;
    case Kind::place:
    case Kind::noted:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections: return;
  }
}

void Writer::node(const Node& node) {
  number(static_cast<std::uint64_t>(node.kind) | (node.quoted ? 4u : 0u));
  mark(node.mark);
  switch (node.kind) {
    case NodeKind::null: return;
    case NodeKind::scalar: text(node.text); return;
    case NodeKind::sequence:
      number(node.items.size());
      for (const Node& item : node.items)
        this->node(item);
      return;
    case NodeKind::mapping:
      number(node.entries.size());
      for (const Entry& entry : node.entries) {
        text(entry.key);
        mark(entry.key_mark);
        this->node(entry.value);
      }
      return;
  }
}

// Every method says whether the bytes made sense; after a refusal nothing more is read.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool number(std::uint64_t& value);
  bool count(std::size_t& value);  // of things that take at least one byte each
  bool text(std::string& value);
  bool mark(Mark& mark);
  bool raw(std::string_view expected);
  bool section(const Section& section, void* object);
  bool is_at_end() const { return bytes_.empty(); }

 private:
  bool sections(const Option& option, void* object);
  bool value(const Option& option, Value& value);
  bool list(MarkedTexts& list);
  bool map(TextMap& map);
  bool node(Node& node, std::size_t depth);
  bool number32(std::uint32_t& value);

  std::string_view bytes_;
};

bool ByteReader::number(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) return false;
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return byte != 0 || shift == 0;  // the shortest form only
  }
  return false;
}

bool ByteReader::number32(std::uint32_t& value) {
  std::uint64_t wide = 0;
  if (!number(wide) || wide > UINT32_MAX) return false;
  value = static_cast<std::uint32_t>(wide);
  return true;
}

bool ByteReader::count(std::size_t& value) {
  std::uint64_t wide = 0;
  if (!number(wide) || wide > bytes_.size()) return false;
  value = static_cast<std::size_t>(wide);
  return true;
}

bool ByteReader::text(std::string& value) {
  std::size_t size = 0;
  if (!count(size)) return false;
  value.assign(bytes_.substr(0, size));
  bytes_.remove_prefix(size);
  return true;
}

bool ByteReader::mark(Mark& mark) {
  return number32(mark.source) && number32(mark.line) && number32(mark.column);
}

bool ByteReader::raw(std::string_view expected) {
  if (!bytes_.starts_with(expected)) return false;
  bytes_.remove_prefix(expected.size());
  return true;
}

bool ByteReader::section(const Section& section, void* object) {
  for (const Option& option : section.options) {
    if (option.value != nullptr) {
      Value read;
      if (!value(option, read)) return false;
      if (read.is_set) option.set(object, std::move(read));
    } else if (option.item != nullptr) {
      if (!sections(option, object)) return false;
    }
  }
  return true;
}

bool ByteReader::sections(const Option& option, void* object) {
  std::uint64_t count = 0;
  if (!number(count) || count > bytes_.size() + 1) return false;
  if (option.kind == Kind::section && count > 1) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!section(*option.section, option.open(object))) return false;
  }
  return true;
}

bool ByteReader::value(const Option& option, Value& value) {
  std::uint64_t flags = 0;
  if (!number(flags) || flags > (flag_set | flag_mark)) return false;
  if ((flags & flag_mark) != 0 && !mark(value.mark)) return false;
  value.is_set = (flags & flag_set) != 0;
  if (!value.is_set) return true;
  std::uint64_t wide = 0;
  switch (option.kind) {
    case Kind::flag:
      if (!number(wide) || wide > 1) return false;
      value.flag = wide == 1;
      return true;
    case Kind::integer:
    case Kind::duration:
    case Kind::choice:
      if (!number(wide)) return false;
      value.number = unzigzag(wide);
      return option.kind != Kind::choice ||
             (value.number >= 0 && static_cast<std::size_t>(value.number) < option.words.size());
    case Kind::text: return text(value.text);
    case Kind::text_list: return list(value.list);
    case Kind::text_map: return map(value.map);
    case Kind::opaque: return node(value.tree, 0);
    case Kind::place: return true;
    case Kind::noted:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections: return false;
  }
  return false;
}

bool ByteReader::list(MarkedTexts& list) {
  std::size_t size = 0;
  if (!count(size)) return false;
  for (std::size_t i = 0; i < size; ++i) {
    At<std::string>& element = list.emplace_back();
    if (!text(element.value) || !mark(element.mark)) return false;
  }
  return true;
}

bool ByteReader::map(TextMap& map) {
  std::size_t size = 0;
  if (!count(size)) return false;
  for (std::size_t i = 0; i < size; ++i) {
    std::string key;
    std::string element;
    if (!text(key) || !text(element) || !map.emplace(std::move(key), std::move(element)).second)
      return false;
  }
  return true;
}

bool ByteReader::node(Node& node, std::size_t depth) {
  std::uint64_t kind = 0;
  if (depth > deepest_tree || !number(kind) || kind > 7 || !mark(node.mark)) return false;
  node.kind = static_cast<NodeKind>(kind & 3);
  node.quoted = (kind & 4) != 0;
  std::size_t size = 0;
  switch (node.kind) {
    case NodeKind::null: return true;
    case NodeKind::scalar: return text(node.text);
    case NodeKind::sequence:
      if (!count(size)) return false;
      for (std::size_t i = 0; i < size; ++i) {
        if (!this->node(node.items.emplace_back(), depth + 1)) return false;
      }
      return true;
    case NodeKind::mapping:
      if (!count(size)) return false;
      for (std::size_t i = 0; i < size; ++i) {
        Entry& entry = node.entries.emplace_back();
        if (!text(entry.key) || !mark(entry.key_mark) || !this->node(entry.value, depth + 1))
          return false;
      }
      return true;
  }
  return false;
}

bool read_config(ByteReader& reader, Config& config) {
  std::uint64_t tables = 0;
  std::size_t sources = 0;
  if (!reader.raw(magic) || !reader.number(tables) || tables != fingerprint()) return false;
  if (!reader.section(static_section(), &config.fixed)) return false;
  if (!reader.section(dynamic_section(), &config.dynamic)) return false;
  if (!reader.count(sources)) return false;
  for (std::size_t i = 0; i < sources; ++i) {
    if (!reader.text(config.sources.emplace_back())) return false;
  }
  return reader.is_at_end();
}

}  // namespace

std::string encode(const Config& config) {
  Writer writer;
  writer.raw(magic);
  writer.number(fingerprint());
  writer.section(static_section(), &config.fixed);
  writer.section(dynamic_section(), &config.dynamic);
  writer.number(config.sources.size());
  for (const std::string& source : config.sources)
    writer.text(source);
  return writer.take();
}

std::string encode_unplaced(const Section& section, const void* object) {
  Writer writer(Writer::Marks::left_out);
  writer.section(section, object);
  return writer.take();
}

Result<Config> decode(std::string_view bytes) {
  Config config;
  ByteReader reader(bytes);
  if (read_config(reader, config)) return config;
  return Error{Errc::syntax, {}, "not a configuration that this build has written"};
}

}  // namespace pm::config
