// SPDX-License-Identifier: MIT
// user.h -- who a process is, and how it gives up being more than that.
//
//   in      names from a configuration; looked up in the loader, so that the master needs no name service
//   errors  Errc::not_found for an unknown name, denied when the kernel refuses
//   source  operations.md section 4, security.md section 7; capabilities(7), prctl(2)
#pragma once

#include "core/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pm::os {

struct Identity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string name;
};

Result<Identity> find_identity(std::string_view user,
                               std::string_view group);  // group "": the user's own
Identity default_identity(std::string_view preferred);   // that one, else "nobody", else 65534

bool is_root() noexcept;
// Root only: groups, gid, uid; every capability goes with them, and out of the bounding set.
Status become(const Identity& identity);
Status give_up_capabilities();  // for who stays the same user, but was lent some
// Another user who may still read every file (CAP_DAC_READ_SEARCH), and nothing else. Root only.
Status become_reader(const Identity& identity);
Status forbid_new_privileges();
void forbid_dumps() noexcept;  // no core file, no ptrace by the same user

}  // namespace pm::os
