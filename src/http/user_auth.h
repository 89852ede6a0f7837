// SPDX-License-Identifier: MIT
// user_auth.h -- what basicAuth and digestAuth have in common: lists of users, who is refused, who may pass.
//
//   in      the options of both; the lines of a list, as htpasswd and htdigest write them: blank ones and those that begin with
//           "#" say nothing, one of the option beats one of the file
//   out     by name (or name and realm), what stands behind the last colon; a prepared 401; a request that tells its user
//   errors  a finding for a line with another number of colons
//   source  middlewares-1.md sections 4.4 and 4.5
#pragma once

#include "http/field_value.h"
#include "http/module.h"

#include <map>
#include <string>
#include <string_view>

namespace pm::http {

struct UserAuthOptions {
  config::MarkedTexts users;
  config::At<std::string> users_file;
  std::string realm = "traefik";
  bool remove_header = false;
  std::string header_field;
};
inline constexpr config::Option user_auth_options[] = {
    config::option<&UserAuthOptions::users>("users",
                                            "NAME:HASH each, as htpasswd writes them; "
                                            "NAME:REALM:HASH, as htdigest does, for digestAuth")
        .secret(),
    config::option<&UserAuthOptions::users_file>("usersFile", "a file with such lines")
        .naming(config::Names::file),
    config::option<&UserAuthOptions::realm>("realm",
                                            "what the client is told that the password is for; "
                                            "digestAuth takes the users of this realm only")
        .checked(check_quotable)
        .breaking_only(),
    config::option<&UserAuthOptions::remove_header>("removeHeader",
                                                    "the service does not see Authorization"),
    config::option<&UserAuthOptions::header_field>("headerField",
                                                   "field in which the service is told the user")
        .checked(check_field_name)
        .breaking_only(),
};
inline constexpr config::Section user_auth_keys =
    config::section_of<UserAuthOptions>(user_auth_options);

using UserList = std::map<std::string, std::string, std::less<>>;
// False, with findings, when a line has another number of colons, or the file could not be read. A file is read by the
// loader: Build::content("usersFile") is what it holds.
bool read_users(const UserAuthOptions& given, std::size_t colons, Build& build, UserList& users);

// What becomes of a request, in words of these options.
class UserAuth {
 public:
  explicit UserAuth(const UserAuthOptions& given)
      : header_field_(given.header_field), remove_header_(given.remove_header) {}
  Verdict refuse(Link link, std::string_view challenge)
      const noexcept;  // which lives in the arena, or forever
  Verdict pass(Link link, std::string_view user) const noexcept;

 private:
  std::string header_field_;
  bool remove_header_;
};

}  // namespace pm::http
