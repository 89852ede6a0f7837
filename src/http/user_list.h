// SPDX-License-Identifier: MIT
// user_list.h -- users and what proves them, as htpasswd and htdigest write them: a line each, fields between colons.
//
//   in      the lines of an option and of a file; blank lines and those that begin with "#" say nothing
//   out     by name (or name and realm), what stands behind the last colon. A line of the option beats one of the file
//   errors  a finding for a line with another number of colons
//   source  middlewares-1.md sections 4.4 and 4.5
#pragma once

#include "http/module.h"

#include <map>
#include <string>
#include <string_view>

namespace pm::http {

using UserList = std::map<std::string, std::string, std::less<>>;

struct UserLines {
  const config::MarkedTexts& given;
  const config::At<std::string>& file;  // its name; Build::content("usersFile") is what it holds
  std::size_t colons = 1;
};
// False, with findings, when a line is malformed or the file could not be read.
bool read_users(const UserLines& lines, Build& build, UserList& users);

}  // namespace pm::http
