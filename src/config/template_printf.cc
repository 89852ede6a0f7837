// SPDX-License-Identifier: MIT
// template_printf.cc -- printf of the template subset: %v %s %q %d %x %X %o %b %t %f %e %g %%, flags, width, precision.
// What Go prints as %!d(string=…), a mistake in any configuration, is an error.
#include "config/template_functions.h"
#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config::templates {
namespace {

constexpr std::uint64_t max_width = 1024;

struct Verb {
  char letter = 0;
  bool left = false;
  bool zero = false;
  bool plus = false;
  bool space = false;
  std::uint64_t width = 0;
  std::optional<std::uint64_t> precision;
};

Error wrong(std::string what) {
  return Error{Errc::bad_value, "", std::move(what)};
}

Result<std::uint64_t> read_width(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto width =
      length == 0 ? std::optional<std::uint64_t>(0) : parse_u64(text.substr(0, length));
  if (!width || *width > max_width) return wrong(fmt::format("a width over {}", max_width));
  text.remove_prefix(length);
  return *width;
}

// Behind the percent sign; takes what it reads off `text`.
Result<Verb> read_verb(std::string_view& text) {
  Verb verb;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '-') {
      verb.left = true;
    } else if (text[0] == '0') {
      verb.zero = true;
    } else if (text[0] == '+') {
      verb.plus = true;
    } else if (text[0] == ' ') {
      verb.space = true;
    } else {
      break;
    }
  }
  PM_TRY(verb.width, read_width(text));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    PM_TRY(verb.precision, read_width(text));
  }
  if (text.empty()) return wrong("the format ends within a verb");
  verb.letter = text[0];
  if (std::string_view("vsqdxXobtfeg%").find(verb.letter) == std::string_view::npos) {
    return wrong(
        fmt::format("the verb {} is not supported", text::quoted(fmt::format("%{}", verb.letter))));
  }
  text.remove_prefix(1);
  return verb;
}

std::size_t count_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); text.remove_prefix(character_length(text)))
    ++count;
  return count;
}

std::string_view first_characters(std::string_view text, std::uint64_t count) noexcept {
  std::size_t length = 0;
  for (; count > 0 && length < text.size(); --count)
    length += character_length(text.substr(length));
  return text.substr(0, length);
}

void append_padded(std::string& out, const Verb& verb, std::string_view text, bool is_number) {
  const std::size_t length = count_characters(text);
  const std::size_t fill = verb.width > length ? verb.width - length : 0;
  if (verb.left) {
    out.append(text).append(fill, ' ');
    return;
  }
  if (!verb.zero || !is_number) {
    out.append(fill, ' ').append(text);
    return;
  }
  // Zeros stand behind the sign.
  const bool sign = text.starts_with('-') || text.starts_with('+') || text.starts_with(' ');
  out.append(text.substr(0, sign ? 1 : 0)).append(fill, '0').append(text.substr(sign ? 1 : 0));
}

std::string with_sign(const Verb& verb, bool negative, std::string digits) {
  if (negative) return "-" + digits;
  if (verb.plus) return "+" + digits;
  return verb.space ? " " + digits : digits;
}

std::string integer_text(const Verb& verb, std::int64_t value) {
  const std::uint64_t size =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits;
  switch (verb.letter) {
    case 'x': digits = fmt::format("{:x}", size); break;
    case 'X': digits = fmt::format("{:X}", size); break;
    case 'o': digits = fmt::format("{:o}", size); break;
    case 'b': digits = fmt::format("{:b}", size); break;
    default: digits = fmt::format("{}", size); break;
  }
  if (verb.precision && digits.size() < *verb.precision)
    digits.insert(0, *verb.precision - digits.size(), '0');
  return with_sign(verb, value < 0, std::move(digits));
}

std::string float_text(const Verb& verb, double value) {
  const double size = value < 0 ? -value : value;
  const int precision = static_cast<int>(verb.precision.value_or(6));
  std::string digits;
  if (verb.letter == 'f') {
    digits = fmt::format("{:.{}f}", size, precision);
  } else if (verb.letter == 'e') {
    digits = fmt::format("{:.{}e}", size, precision);
  } else {
    digits = verb.precision ? fmt::format("{:.{}g}", size, precision) : to_text(real_value(size));
  }
  return with_sign(verb, value < 0, std::move(digits));
}

std::string hex_text(const Verb& verb, std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += verb.letter == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
  }
  return out;
}

bool append_text(std::string& out, const Verb& verb, std::string_view text) {
  if (verb.precision) text = first_characters(text, *verb.precision);
  switch (verb.letter) {
    case 'v':
    case 's': append_padded(out, verb, text, false); return true;
    case 'q': append_padded(out, verb, go_quoted(text), false); return true;
    case 'x':
    case 'X': append_padded(out, verb, hex_text(verb, text), false); return true;
    default: return false;
  }
}

bool append_value(std::string& out, const Verb& verb, const Value& value) {
  const auto takes = [&](std::string_view letters) {
    return letters.find(verb.letter) != std::string_view::npos;
  };
  switch (value.kind) {
    case ValueKind::text: return append_text(out, verb, value.text);
    case ValueKind::integer:
      if (!takes("vdxXob")) return false;
      append_padded(out, verb, integer_text(verb, value.integer), true);
      return true;
    case ValueKind::real:
      if (!takes("vfeg")) return false;
      append_padded(out, verb, float_text(verb, value.real), true);
      return true;
    case ValueKind::truth:
      if (!takes("vt")) return false;
      append_padded(out, verb, to_text(value), false);
      return true;
    case ValueKind::list:
      if (!takes("v")) return false;
      append_padded(out, verb, to_text(value), false);
      return true;
  }
  return false;
}

}  // namespace

Result<Value> run_printf(const Call& call) {
  const Value& format = call.arguments[0];
  if (format.kind != ValueKind::text) {
    return wrong(fmt::format("the format is {}, a text is needed", format.kind_name()));
  }

  std::string out;
  std::string_view rest = format.text;
  std::size_t next = 1;
  while (!rest.empty()) {
    const std::size_t percent = rest.find('%');
    out.append(rest.substr(0, percent));
    if (percent == std::string_view::npos) break;
    rest.remove_prefix(percent + 1);
    PM_TRY(const Verb verb, read_verb(rest));
    if (verb.letter == '%') {
      out.push_back('%');
      continue;
    }
    if (next >= call.arguments.size())
      return wrong(fmt::format("%{} has no argument", verb.letter));
    const Value& value = call.arguments[next++];
    if (!append_value(out, verb, value)) {
      return wrong(fmt::format("%{} does not print {}", verb.letter, value.kind_name()));
    }
    if (out.size() > max_text) return wrong("the result is too large");
  }
  if (next < call.arguments.size())
    return wrong("there are more arguments than verbs in the format");
  return text_value(std::move(out));
}

}  // namespace pm::config::templates
