// SPDX-License-Identifier: MIT
#include "http/user_list.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::http {
namespace {

// The line itself is a secret: it is not shown.
bool add(std::string_view line, std::size_t colons, UserList& users) {
  const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), ':'));
  if (count != colons) return false;
  const std::size_t last = line.rfind(':');
  users.insert_or_assign(std::string(line.substr(0, last)), std::string(line.substr(last + 1)));
  return true;
}

}  // namespace

bool read_users(const UserLines& lines, Build& build, UserList& users) {
  bool is_good = true;
  const std::string_view shape = lines.colons == 1 ? "write NAME:HASH" : "write NAME:REALM:HASH";
  const std::string_view file = build.content("usersFile");
  if (!lines.file.value.empty() && file.empty())
    return false;  // that it cannot be read was said then
  std::size_t number = 0;
  text::for_each_part(file, '\n', [&](std::string_view line) {
    ++number;
    line = text::trim(line);
    if (line.empty() || line.starts_with('#') || add(line, lines.colons, users)) return;
    build.broken(lines.file.mark, fmt::format(".usersFile: line {} is malformed", number),
                 std::string(shape));
    is_good = false;
  });
  for (const config::At<std::string>& line : lines.given) {
    if (add(text::trim(line.value), lines.colons, users)) continue;
    build.broken(line.mark, ".users: an entry is malformed", std::string(shape));
    is_good = false;
  }
  return is_good;
}

}  // namespace pm::http
