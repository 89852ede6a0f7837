// SPDX-License-Identifier: MIT
#include "os/inspect.h"

#include "core/number.h"
#include "core/text.h"
#include "os/fd.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace pm::os {
namespace {

constexpr std::string_view listening = "0A";  // TCP_LISTEN in /proc/net/tcp

std::string content_of(const std::string& path) {
  Result<Fd> file = open_file(path, O_RDONLY);
  if (!file) return "";
  Result<std::string> text = read_all(file->number(), 64 << 20);
  return text ? std::move(text).value() : "";
}

template <class F>
void for_each_entry(const std::string& path, F&& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (!folder) return;
  while (const dirent* entry = ::readdir(folder.get()))
    visit(std::string_view(entry->d_name));
}

// Columns of /proc/net/tcp: "sl local rem st tx:rx tr:when retrnsmt uid timeout inode ...", local being "ADDR:PORT" in
// hexadecimal. Any listener on the port may be the one in the way; the first is named.
std::string inode_of_listener(const std::string& table, std::uint16_t port) {
  const std::string suffix = fmt::format(":{:04X}", port);
  for (std::string_view line : text::split(table, '\n')) {
    std::vector<std::string_view> words;
    for (std::string_view word : text::split(line, ' ')) {
      if (!word.empty()) words.push_back(word);
    }
    if (words.size() < 10 || words[3] != listening) continue;
    if (words[1].ends_with(suffix)) return std::string(words[9]);
  }
  return "";
}

bool holds_socket(pid_t pid, std::string_view link_wanted) {
  bool found = false;
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  for_each_entry(folder, [&](std::string_view name) {
    char link[64];
    if (found || name.starts_with('.')) return;
    const std::string path = fmt::format("{}/{}", folder, name);
    const ssize_t length = ::readlink(path.c_str(), link, sizeof link);
    found = length > 0 && std::string_view(link, static_cast<std::size_t>(length)) == link_wanted;
  });
  return found;
}

}  // namespace

std::optional<std::uint64_t> parse_start_time(std::string_view stat) noexcept {
  // The name in parentheses may itself hold blanks and parentheses; field 22 is the 20th after the last ")".
  const std::size_t close = stat.rfind(')');
  if (close == std::string_view::npos || close + 2 >= stat.size()) return std::nullopt;
  std::string_view rest = stat.substr(close + 2);
  for (int field = 3; field < 22; ++field) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space + 1);
  }
  return parse_u64(rest.substr(0, rest.find(' ')));
}

bool is_alive(pid_t pid) {
  if (::kill(pid, 0) != 0 && errno == ESRCH) return false;
  const std::string stat = content_of(fmt::format("/proc/{}/stat", pid));
  const std::size_t close = stat.rfind(')');
  if (close == std::string::npos || close + 2 >= stat.size()) return true;  // hidden from us
  return stat[close + 2] != 'Z' && stat[close + 2] != 'X';
}

std::optional<std::uint64_t> start_time(pid_t pid) {
  return parse_start_time(content_of(fmt::format("/proc/{}/stat", pid)));
}

std::string process_name(pid_t pid) {
  return std::string(text::trim(content_of(fmt::format("/proc/{}/comm", pid))));
}

std::optional<Process> port_holder(const Endpoint& endpoint) {
  std::string inode = inode_of_listener(content_of("/proc/net/tcp"), endpoint.port);
  if (inode.empty()) inode = inode_of_listener(content_of("/proc/net/tcp6"), endpoint.port);
  if (inode.empty()) return std::nullopt;

  std::optional<Process> holder;
  const std::string link = fmt::format("socket:[{}]", inode);
  for_each_entry("/proc", [&](std::string_view name) {
    const auto pid = parse_u64(name);
    if (holder || !pid || !holds_socket(static_cast<pid_t>(*pid), link)) return;
    holder = Process{static_cast<pid_t>(*pid), process_name(static_cast<pid_t>(*pid))};
  });
  return holder;
}

std::string program_path() {
  std::array<char, 4096> path;
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace pm::os
