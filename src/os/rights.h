// SPDX-License-Identifier: MIT
// rights.h -- what a user could do by the permission bits, asked by somebody who may do more.
//
//   out     may_read(): whether `uid` could have opened the file behind `fd` for reading by the path that leads to it now
//   errors  what cannot be found out is no
//   cost    a stat for each folder on the way, and a look into the group database
//   source  path_resolution(7); access control lists are not looked at: they only ever grant more
#pragma once

#include <cstdint>

namespace pm::os {

bool may_read(std::uint32_t uid, int fd) noexcept;

}  // namespace pm::os
