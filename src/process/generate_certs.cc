// SPDX-License-Identifier: MIT
#include "process/generate_certs.h"

#include "os/fd.h"
#include "os/inspect.h"
#include "tls/generate.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::process {
namespace {

struct NewFile {
  std::string path;
  std::string content;
  unsigned mode = 0644;
};

int fail(const std::string& what) {
  fmt::print(stderr, "pointsman: error: {}\n", what);
  return exit_failed;
}

std::vector<std::string> names_of(const Command& command) {
  if (!command.certificate_hosts.empty()) return command.certificate_hosts;
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  const std::string own = os::host_name();
  if (!own.empty() && own != "localhost") names.push_back(own);
  return names;
}

Status write_new(const NewFile& file) {
  PM_TRY(const os::Fd fd, os::open_file(file.path, O_WRONLY | O_CREAT | O_EXCL, file.mode));
  return os::write_all(fd.number(), file.content);
}

}  // namespace

int generate_certs(const Command& command) {
  const std::string folder = command.certificate_folder.empty() ? "." : command.certificate_folder;
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
    return fail(to_string(os::system_error(folder, errno)));
  const std::vector<std::string> names = names_of(command);
  auto authority = tls::generate_authority("pointsman local authority");
  if (!authority) return fail(to_string(authority.error()));
  auto pair = tls::generate_pair(names[0], names, &*authority);
  if (!pair) return fail(to_string(pair.error()));

  const NewFile files[] = {
      {folder + "/ca.pem", tls::pem_of(authority->certificate.get()), 0644},
      {folder + "/cert.pem", tls::pem_of(pair->certificate.get()), 0644},
      {folder + "/key.pem", tls::pem_of(pair->key.get()), 0600},
  };
  for (const NewFile& file : files) {
    if (::access(file.path.c_str(), F_OK) == 0)
      return fail(fmt::format("{} exists already; nothing is changed", file.path));
  }
  for (const NewFile& file : files) {
    const Status written = write_new(file);
    if (!written) return fail(to_string(written.error()));
    fmt::print("{}\n", file.path);
  }
  return exit_success;
}

}  // namespace pm::process
