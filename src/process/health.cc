// SPDX-License-Identifier: MIT
#include "process/health.h"

#include "core/number.h"
#include "os/fd.h"
#include "process/loader.h"
#include "tls/ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/time.h>

namespace pm::process {
namespace {

constexpr timeval patience{5, 0};

int fail(const std::string& message) {
  fmt::print(stderr, "pointsman: error: {}\n", message);
  return exit_failed;
}

// Where a client on this box reaches it: a wildcard listens on loopback too.
Endpoint reachable(const runtime::PlanAddress& planned) {
  std::uint8_t bytes[16];
  std::copy(planned.address.begin(), planned.address.end(), bytes);
  const Address address = Address::v6(bytes, planned.scope);
  if (address.is_any()) return {Address::v4(0x7f000001), planned.port};
  return {address, planned.port};
}

// The first bytes of the answer, up to a line's end if there is one; plain or over TLS.
Result<std::string> exchange(int fd, std::string_view request, bool secure) {
  if (secure) return tls::ask(fd, request);
  PM_TRY([[maybe_unused]] auto sent, os::write_all(fd, request));
  std::string answer;
  char buffer[4096];
  while (answer.find("\r\n") == std::string::npos && answer.size() < sizeof buffer) {
    const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) return Error{Errc::io, "", "no answer"};
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return answer;
}

Result<std::string> first_line_of(const Endpoint& endpoint, std::string_view request, bool secure) {
  sockaddr_storage storage{};
  const socklen_t length = endpoint.to_sockaddr(&storage);
  const os::Fd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.number(), reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    return os::system_error("cannot connect", errno);
  }
  PM_TRY(const std::string answer, exchange(fd.number(), request, secure));
  return answer.substr(0, answer.find("\r\n"));
}

const runtime::PlanAddress* ping_address(const Loaded& loaded) {
  const std::string& name = loaded.result.config.fixed.ping->entry_point.value;
  for (const runtime::PlanAddress& address : loaded.bundle.addresses) {
    if (address.name.view() == name) return &address;
  }
  return nullptr;
}

}  // namespace

int ask_health(const Command& command, const runtime::Modules& modules) {
  const Loaded loaded = load_configuration(command, modules, Caller::current());
  if (!loaded.usable) {
    fmt::print(stderr, "{}", loaded.findings.text());
    return exit_failed;
  }
  if (!loaded.result.config.fixed.ping)
    return fail("ping is off; add \"ping: {}\" to the configuration");
  const runtime::PlanAddress* address = ping_address(loaded);
  if (address == nullptr) return fail("ping.entryPoint names no entry point");

  const config::EntryPoint& entry_point =
      loaded.result.config.fixed.entry_points[address->entry_point];
  const bool secure = entry_point.http.tls.has_value();
  const std::string authority = reachable(*address).to_string();
  const std::string url = fmt::format("{}://{}/ping", secure ? "https" : "http", authority);
  const auto line = first_line_of(
      reachable(*address),
      fmt::format("HEAD /ping HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", authority),
      secure);
  if (!line) return fail(fmt::format("{}: {}", url, line.error().what));
  if (line->size() < 12 || line->substr(9, 3) != "200") {
    return fail(fmt::format("{} answers {}", url, line->size() > 9 ? line->substr(9) : *line));
  }
  fmt::print("OK: {}\n", url);
  return exit_success;
}

}  // namespace pm::process
