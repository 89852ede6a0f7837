// SPDX-License-Identifier: MIT
#include "os/user.h"

#include "core/text.h"
#include "os/fd.h"

#include <fmt/format.h>

#include <cerrno>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pm::os {
namespace {

constexpr std::uint32_t overflow_id = 65534;

struct Account {
  std::uint32_t uid;
  std::uint32_t gid;
};

Result<Account> find_user(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd record{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return Account{found->pw_uid, found->pw_gid};
  return Error{Errc::not_found, "", fmt::format("unknown user {}", text::quoted(name))};
}

Result<std::uint32_t> find_group(const std::string& name) {
  std::vector<char> buffer(16384);
  group record{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return std::uint32_t{found->gr_gid};
  return Error{Errc::not_found, "", fmt::format("unknown group {}", text::quoted(name))};
}

Status set_capabilities(std::uint32_t low_mask) {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = low_mask;
  if (::syscall(SYS_capset, &head, data) != 0)
    return system_error("cannot give up capabilities", errno);
  return success();
}

// To a program that is executed later the bounding set would matter; with no_new_privs it is a second lock, so nothing
// is said when it cannot be emptied: that takes CAP_SETPCAP, which a service manager may have kept.
void empty_bounding_set() noexcept {
  for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
}

Status change_ids(const Identity& identity) {
  if (::setgroups(0, nullptr) != 0) return system_error("cannot leave the groups of root", errno);
  if (::setresgid(identity.gid, identity.gid, identity.gid) != 0) {
    return system_error("cannot change the group", errno);
  }
  if (::setresuid(identity.uid, identity.uid, identity.uid) != 0) {
    return system_error("cannot change the user", errno);
  }
  return success();
}

}  // namespace

Result<Identity> find_identity(std::string_view user, std::string_view group_name) {
  PM_TRY(Account account, find_user(std::string(user)));
  Identity identity{account.uid, account.gid, std::string(user)};
  if (!group_name.empty()) {
    PM_TRY(identity.gid, find_group(std::string(group_name)));
  }
  return identity;
}

Identity default_identity(std::string_view preferred) {
  for (std::string_view name : {preferred, std::string_view("nobody")}) {
    Result<Identity> found = find_identity(name, "");
    if (found) return std::move(found).value();
  }
  return Identity{overflow_id, overflow_id, "nobody"};
}

bool is_root() noexcept {
  return ::geteuid() == 0;
}

Status become(const Identity& identity) {
  empty_bounding_set();
  PM_TRY([[maybe_unused]] auto changed, change_ids(identity));
  // Leaving uid 0 has cleared the permitted set already; a "user: root" keeps its uid and nothing else.
  return give_up_capabilities();
}

Status give_up_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return set_capabilities(0);
}

Status become_reader(const Identity& identity) {
  ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  PM_TRY([[maybe_unused]] auto changed, change_ids(identity));
  return set_capabilities(1u << CAP_DAC_READ_SEARCH);
}

Status forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return system_error("cannot set no_new_privs", errno);
  return success();
}

void forbid_dumps() noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace pm::os
