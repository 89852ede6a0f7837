// SPDX-License-Identifier: MIT
#include "core/regex.h"

#include "core/text.h"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

namespace pm {
namespace {

constexpr std::size_t longest_expression = 4096;

// Program and both caches of states of one expression. RE2 fills the caches as texts arrive and
// empties them at this bound, so that peers cannot make us hold more. Go has no such bound; this one
// still compiles "^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,9}$".
constexpr std::int64_t memory_limit = 2 << 20;

struct Reference {
  std::string_view name;   // "1", "host"
  std::size_t length = 0;  // bytes of template behind the '$'; 0: this '$' stands for itself
};

bool is_name_char(char c) noexcept {
  return text::is_digit(c) || text::is_alpha(c) || c == '_';
}

// "${name}" or "$name", as Go's regexp.Expand takes them: the longest name there is.
Reference read_reference(std::string_view behind_dollar) noexcept {
  const bool braced = behind_dollar.starts_with('{');
  std::string_view rest = behind_dollar.substr(braced ? 1 : 0);
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_char);
  const auto length = static_cast<std::size_t>(end - rest.begin());
  if (length == 0) return {};
  if (!braced) return {rest.substr(0, length), length};
  if (length == rest.size() || rest[length] != '}') return {};
  return {rest.substr(0, length), length + 2};
}

// The group of that number or name, or nothing when there is none.
std::string_view group_named(const re2::RE2& program, std::string_view name,
                             const std::vector<re2::StringPiece>& groups) {
  std::size_t index = 0;
  const bool number = std::all_of(name.begin(), name.end(), text::is_digit);
  if (number) {
    if (name.size() > 8 || (name.size() > 1 && name[0] == '0')) return {};
    for (char c : name)
      index = index * 10 + static_cast<std::size_t>(c - '0');
  } else {
    const auto& named = program.NamedCapturingGroups();
    const auto at = named.find(std::string(name));
    if (at == named.end()) return {};
    index = static_cast<std::size_t>(at->second);
  }
  if (index >= groups.size()) return {};
  return {groups[index].data(), groups[index].size()};
}

void expand(const re2::RE2& program, std::string_view replacement,
            const std::vector<re2::StringPiece>& groups, std::string& out) {
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar + 1);
    const Reference reference = read_reference(replacement);
    if (reference.length != 0) {
      out += group_named(program, reference.name, groups);
      replacement.remove_prefix(reference.length);
      continue;
    }
    out += '$';
    if (replacement.starts_with('$')) replacement.remove_prefix(1);  // "$$"
  }
}

}  // namespace

Regex::Regex(std::unique_ptr<re2::RE2> program) : program_(std::move(program)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view expression, Case letters) {
  if (expression.size() > longest_expression) {
    return Error{Errc::bad_value, "", "the regular expression is longer than 4096 bytes"};
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_limit);
  options.set_case_sensitive(letters == Case::sensitive);
  auto program =
      std::make_unique<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (!program->ok()) {
    return Error{Errc::syntax, "", "bad regular expression: " + program->error()};
  }
  return Regex(std::move(program));
}

bool Regex::matches(std::string_view text) const noexcept {
  return program_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr,
                         0);
}

std::optional<std::string_view> Regex::find(std::string_view text) const noexcept {
  re2::StringPiece found;
  const re2::StringPiece whole(text.data(), text.size());
  if (!program_->Match(whole, 0, whole.size(), re2::RE2::UNANCHORED, &found, 1))
    return std::nullopt;
  return std::string_view(found.data(), found.size());
}

std::string Regex::replace_all(std::string_view text, std::string_view replacement) const {
  const auto count = static_cast<std::size_t>(program_->NumberOfCapturingGroups()) + 1;
  std::vector<re2::StringPiece> groups(count);
  std::string out;
  std::size_t copied = 0;  // what is before this has been written
  std::size_t search = 0;
  while (search <= text.size() &&
         program_->Match({text.data(), text.size()}, search, text.size(), re2::RE2::UNANCHORED,
                         groups.data(), static_cast<int>(count))) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = begin + groups[0].size();
    out += text.substr(copied, begin - copied);
    // An empty match right behind a match is no match of its own (Go's rule).
    if (end > copied || begin == 0) expand(*program_, replacement, groups, out);
    copied = end;
    // Always at least one character on, so that an empty match does not repeat for ever.
    const std::string_view rest = text.substr(search);
    search = std::max(end, search + std::max<std::size_t>(1, text::utf8_length(rest)));
  }
  out += text.substr(copied);
  return out;
}

const std::string& Regex::text() const noexcept {
  return program_->pattern();
}

}  // namespace pm
