// SPDX-License-Identifier: MIT
#include "config/dump.h"

#include "config/options.h"
#include "config/value.h"
#include "config/yaml_text.h"
#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

namespace pm::config {

namespace {

constexpr std::size_t comment_column = 56;

// "http://user:word@host" without what stands before the "@".
std::string without_credentials(std::string_view url) {
  const std::size_t host = url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3;
  const std::size_t at = url.substr(0, url.find_first_of("/?#", host)).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return fmt::format("{}<redacted>{}", url.substr(0, host), url.substr(at));
}

constexpr std::string_view redacted = "<redacted>";

// A text that is an address hides the credentials in it and no more.
void hide(Value& value) {
  const bool is_url = value.text.find("://") != std::string::npos;
  if (!value.text.empty()) value.text = is_url ? without_credentials(value.text) : redacted;
  for (At<std::string>& element : value.list)
    element.value = redacted;
  for (auto& [key, text] : value.map)
    text = redacted;
}

// A text that nobody has given and that has no default: there is nothing to write.
bool is_unset_text(const Option& option, const Value& value, const void* born) {
  return option.kind == Kind::text && value.text.empty() && option.value(born).text.empty();
}

class Dumper {
 public:
  Dumper(const Config& config, const DumpOptions& options) : config_(config), options_(options) {}

  void keys(const Section& section, const void* object, std::size_t indent);
  void set_provider(std::string_view provider) { provider_ = provider; }
  std::string take() { return std::move(out_); }

 private:
  void option(const Option& option, const void* object, const void* born, std::size_t indent);
  void value(const Option& option, const Value& value, std::size_t indent);
  void map(const Option& option, const TextMap& map, std::size_t indent);
  void sections(const Option& option, const void* object, std::size_t indent);
  void list_item(const Section& section, const void* item, std::size_t indent);
  void named_item(const Section& section, const void* item, std::size_t indent);
  void keep_alive(const Section& section, std::size_t indent);
  void noted(const Value& value, std::size_t indent);
  void line(std::size_t indent, std::string text, bool is_default_said);
  std::string origin(bool is_default_said) const;
  std::string place(Mark mark) const;

  const Config& config_;
  const DumpOptions& options_;
  std::string provider_;
  std::string path_;
  std::string out_;
};

std::string Dumper::place(Mark mark) const {
  if (mark.source == 0 || mark.source >= config_.sources.size()) return "set";
  const std::string& name = config_.sources[mark.source];
  return mark.line == 0 ? name : fmt::format("{}:{}:{}", name, mark.line, mark.column);
}

std::string Dumper::origin(bool is_default_said) const {
  if (options_.origins == nullptr) return {};
  const auto found = options_.origins->find(provider_ + ":" + path_);
  if (found != options_.origins->end()) return place(found->second);
  return is_default_said ? "default" : "";
}

void Dumper::line(std::size_t indent, std::string text, bool is_default_said) {
  text.insert(0, indent, ' ');
  const std::string from = origin(is_default_said);
  if (!from.empty()) {
    if (text.size() < comment_column) text.resize(comment_column, ' ');
    // A file's name may hold anything, and a comment ends with its line.
    const std::string shown = text::quoted(from, 4096);
    text += "  # " + shown.substr(1, shown.size() - 2);
  }
  out_ += text;
  out_ += '\n';
}

void Dumper::keys(const Section& section, const void* object, std::size_t indent) {
  const Born born = section.born();
  for (const Option& each : section.options) {
    const std::size_t length = path_.size();
    if (!each.key.empty()) path_ += fmt::format("{}{}", path_.empty() ? "" : ".", each.key);
    option(each, object, born.get(), indent);
    path_.resize(length);
  }
}

void Dumper::option(const Option& option, const void* object, const void* born,
                    std::size_t indent) {
  if (option.item != nullptr) {
    sections(option, object, indent);
  } else if (option.value != nullptr) {
    Value held = option.value(object);
    if (option.is_secret && !options_.show_secrets) hide(held);
    if (option.key.empty()) {
      noted(held, indent);
    } else if (held.is_set && !is_unset_text(option, held, born)) {
      value(option, held, indent);
    }
  }
}

// Keys that are known and not there yet: what stood below them is not kept.
void Dumper::noted(const Value& value, std::size_t indent) {
  for (const At<std::string>& key : value.list) {
    out_ += fmt::format("{:{}}# {} is not supported yet\n", "", indent, key.value);
  }
}

void Dumper::value(const Option& option, const Value& value, std::size_t indent) {
  if (option.kind == Kind::text_map) {
    map(option, value.map, indent);
    return;
  }
  // An empty list in a file means "not set", so none is written.
  if (option.kind == Kind::text_list && value.list.empty()) return;
  const bool is_tree = option.kind == Kind::opaque;
  const std::string text =
      is_tree ? yaml_flow(value.tree, options_.show_secrets) : value_yaml(option, value);
  line(indent, fmt::format("{}: {}", option.key, text), true);
}

void Dumper::map(const Option& option, const TextMap& map, std::size_t indent) {
  if (map.empty()) return;
  line(indent, fmt::format("{}:", option.key), false);
  for (const auto& [key, text] : map) {
    const bool is_shown = options_.show_secrets || !looks_secret(key);
    out_ += fmt::format("{:{}}{}: {}\n", "", indent + 2, yaml_text(key),
                        yaml_text(is_shown ? std::string_view(text) : redacted));
  }
}

void Dumper::sections(const Option& option, const void* object, std::size_t indent) {
  // Nothing can stand below it, so that it is there is all that it says.
  if (option.section->options.empty()) {
    if (option.count(object) > 0) line(indent, fmt::format("{}: true", option.key), false);
    return;
  }
  const std::size_t start = out_.size();
  line(indent, fmt::format("{}:", option.key), false);
  const std::size_t below = out_.size();
  const std::size_t count = option.count(object);
  for (std::size_t i = 0; i < count; ++i) {
    const void* item = option.item(object, i);
    const std::size_t length = path_.size();
    if (option.kind == Kind::section_list) {
      path_ += fmt::format("[{}]", i);
      list_item(*option.section, item, indent + 2);
    } else if (option.kind == Kind::named_sections) {
      path_ += fmt::format(".{}", option.section->name_of(item));
      named_item(*option.section, item, indent + 2);
    } else {
      const std::size_t before = out_.size();
      keys(*option.section, item, indent + 2);
      if (out_.size() == before) keep_alive(*option.section, indent + 2);
    }
    path_.resize(length);
  }
  if (out_.size() == below) out_.resize(start);
}

void Dumper::list_item(const Section& section, const void* item, std::size_t indent) {
  const std::size_t start = out_.size();
  keys(section, item, indent + 2);
  if (out_.size() > start) out_[start + indent] = '-';
}

void Dumper::named_item(const Section& section, const void* item, std::size_t indent) {
  const std::string name = yaml_text(section.name_of(item));
  if (section.whole != nullptr) {
    const Value body = section.whole->value(item);
    line(indent, fmt::format("{}: {}", name, yaml_flow(body.tree, options_.show_secrets)), false);
    return;
  }
  line(indent, name + ":", false);
  const std::size_t before = out_.size();
  keys(section, item, indent + 2);
  if (out_.size() == before) keep_alive(section, indent + 2);
}

// A section without a line below it would read back as not set: an empty list says that it is there.
void Dumper::keep_alive(const Section& section, std::size_t indent) {
  for (const Option& option : section.options) {
    if (option.key.empty() || (option.kind != Kind::section_list && option.kind != Kind::text_list))
      continue;
    line(indent, fmt::format("{}: []", option.key), false);
    return;
  }
}

}  // namespace

std::string dump(const Config& config, const DumpOptions& options) {
  Dumper dumper(config, options);
  dumper.keys(static_section(), &config.fixed, 0);
  dumper.set_provider("file");
  dumper.keys(dynamic_section(), &config.dynamic, 0);
  return dumper.take();
}

}  // namespace pm::config
