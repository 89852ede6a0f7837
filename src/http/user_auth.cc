// SPDX-License-Identifier: MIT
#include "http/user_auth.h"

#include "core/text.h"
#include "http/alias.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::http {
namespace {

// The line itself is a secret: it is not shown.
bool add(std::string_view line, std::size_t colons, UserList& users) {
  const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), ':'));
  if (count != colons || !is_field_value(line)) return false;
  const std::size_t last = line.rfind(':');
  users.insert_or_assign(std::string(line.substr(0, last)), std::string(line.substr(last + 1)));
  return true;
}

}  // namespace

bool read_users(const UserAuthOptions& given, std::size_t colons, Build& build, UserList& users) {
  bool is_good = true;
  const std::string_view shape = colons == 1 ? "write NAME:HASH" : "write NAME:REALM:HASH";
  const std::string_view file = build.content("usersFile");
  if (!given.users_file.value.empty() && file.empty())
    return false;  // why was said when it was read
  std::size_t number = 0;
  text::for_each_part(file, '\n', [&](std::string_view line) {
    ++number;
    line = text::trim(line);
    if (line.empty() || line.starts_with('#') || add(line, colons, users)) return;
    build.broken(given.users_file.mark, fmt::format(".usersFile: line {} is malformed", number),
                 std::string(shape));
    is_good = false;
  });
  for (const config::At<std::string>& line : given.users) {
    if (add(text::trim(line.value), colons, users)) continue;
    build.broken(line.mark, ".users: an entry is malformed", std::string(shape));
    is_good = false;
  }
  return is_good;
}

Verdict UserAuth::refuse(Link link, std::string_view challenge) const noexcept {
  link.reply(401, "401 Unauthorized\n");
  Headers& headers = link.response().headers;
  headers.append(FieldId::content_type, "text/plain");
  headers.append(FieldId::www_authenticate, challenge);
  return Verdict::respond;
}

Verdict UserAuth::pass(Link link, std::string_view user) const noexcept {
  Headers& headers = link.request().headers;
  if (remove_header_) headers.drop(FieldId::authorization);
  if (header_field_.empty()) return Verdict::next;
  drop_other_spellings(headers, header_field_);
  headers.set(header_field_, user);
  return Verdict::next;
}

}  // namespace pm::http
