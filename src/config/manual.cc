// SPDX-License-Identifier: MIT
#include "config/manual.h"

#include "config/options.h"
#include "config/value.h"
#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config {
namespace {

// What a text of ours must not do in a manual page: begin an escape, or a line with a macro.
std::string mdoc_text(std::string_view text) {
  std::string out = text::replace_all(text, "\\", "\\e");
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (out.empty()) return out;
  out[0] = text::upper(out[0]);
  return out + ".";
}

std::string bound_text(const Option& option, std::int64_t value) {
  return option.kind == Kind::duration ? format_duration(Duration(value)) : std::to_string(value);
}

std::string kind_sentence(const Option& option) {
  std::string text(kind_text(option));
  const bool is_one_word = option.kind == Kind::choice || option.kind == Kind::text;
  if (!option.words.empty()) {
    text = (is_one_word ? "one of " : text + ", each one of ") + words_text(option.words);
  }
  if (!option.unit.empty()) text += fmt::format(" ({})", option.unit);
  const bool has_range = option.kind == Kind::integer || option.kind == Kind::duration;
  if (has_range && option.least != INT64_MIN)
    text += fmt::format(", at least {}", bound_text(option, option.least));
  if (has_range && option.most != INT64_MAX)
    text += fmt::format(", at most {}", bound_text(option, option.most));
  if (option.may_be_empty)
    text += option.kind == Kind::text_list ? ", or empty" : ", or empty, or true";
  return sentence(text);
}

std::string default_sentence(const Option& option, const Section& section) {
  std::string text(option.initial);
  if (text.empty() && option.value != nullptr) {
    const Value born = option.value(section.born().get());
    if (born.is_set) text = value_yaml(option, born);
  }
  if (text.empty() || text == "\"\"" || text == "[]") return {};
  return "Default: " + text + ".";
}

std::string status_sentence(const Option& option) {
  switch (option.status) {
    case Status::supported:
    case Status::accepted: return {};
    case Status::later: return "Not supported yet: accepted with a warning.";
    case Status::missing:
      return option.kind == Kind::noted ? "Not supported yet: disables the routers that use it."
                                        : "Not supported yet: an error.";
    case Status::refused: return {};
  }
  return {};
}

class Manual {
 public:
  void option(const Option& option, const Section& section, const std::string& above);
  void keys(const Section& section, const std::string& path);
  void type(const MiddlewareType& type);
  std::string take() { return std::move(out_); }

 private:
  void item(const Option& option, const Section& section, const std::string& path);

  std::string out_;
};

void Manual::item(const Option& option, const Section& section, const std::string& path) {
  out_ += fmt::format(".It Cm {}\n", mdoc_text(path));
  for (const std::string& text : {sentence(option.help), kind_sentence(option),
                                  default_sentence(option, section), status_sentence(option)}) {
    if (!text.empty()) out_ += mdoc_text(text) + "\n";
  }
}

void Manual::option(const Option& option, const Section& section, const std::string& above) {
  if (option.key.empty() || option.status == Status::refused) return;
  std::string path =
      above.empty() ? std::string(option.key) : fmt::format("{}.{}", above, option.key);
  const bool is_plain_section = option.kind == Kind::section && !option.may_be_empty;
  const bool has_body = option.section != nullptr && option.section->whole != nullptr;
  if (option.kind == Kind::named_sections) path += ".NAME";
  if (option.kind == Kind::section_list) path += "[]";
  if ((option.section == nullptr || !is_plain_section) &&
      (option.kind != Kind::named_sections || has_body) && option.kind != Kind::section_list) {
    item(option, section, path);
  }
  if (option.section != nullptr && !has_body) keys(*option.section, path);
}

void Manual::keys(const Section& section, const std::string& path) {
  for (const Option& each : section.options)
    option(each, section, path);
}

void Manual::type(const MiddlewareType& type) {
  const std::string path = fmt::format("http.middlewares.NAME.{}", type.key);
  out_ += fmt::format(".It Cm {}\n{}\n", mdoc_text(path), mdoc_text(sentence(type.help)));
  out_ += type.may_be_empty ? "A section, or empty, or true.\n" : "A section.\n";
  keys(*type.options, path);
}

ManualPart part_of_static(std::string_view key) {
  const auto is_one_of = [key](std::initializer_list<std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (key == "entryPoints") return ManualPart::entry_points;
  if (key == "providers") return ManualPart::providers;
  if (is_one_of({"log", "accessLog", "ping", "api", "metrics", "tracing"}))
    return ManualPart::observability;
  if (is_one_of({"serversTransport", "tcpServersTransport", "core", "global", "experimental",
                 "certificatesResolvers", "hostResolver", "cluster", "ocsp"})) {
    return ManualPart::other_static;
  }
  return ManualPart::process;
}

ManualPart part_of_http(std::string_view key) {
  if (key == "routers") return ManualPart::routers;
  if (key == "services") return ManualPart::services;
  if (key == "middlewares") return ManualPart::middlewares;
  if (key == "serversTransports") return ManualPart::servers_transports;
  return ManualPart::other_dynamic;
}

}  // namespace

std::string manual_options(ManualPart part, MiddlewareTypes types) {
  Manual manual;
  for (const Option& option : static_section().options) {
    if (part_of_static(option.key) == part) manual.option(option, static_section(), {});
  }
  for (const Option& option : dynamic_section().options) {
    if (option.section == nullptr) {
      if (part == ManualPart::other_dynamic) manual.option(option, dynamic_section(), {});
      continue;
    }
    for (const Option& below : option.section->options) {
      const bool is_tls = option.key == "tls";
      if ((is_tls ? ManualPart::tls : part_of_http(below.key)) == part)
        manual.option(below, *option.section, std::string(option.key));
    }
  }
  for (const MiddlewareType& type : types) {
    if (part == ManualPart::middlewares && !type.is_old_name) manual.type(type);
  }
  return manual.take();
}

}  // namespace pm::config
