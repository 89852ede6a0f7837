// SPDX-License-Identifier: MIT
#include "process/handoff.h"

#include "core/number.h"
#include "core/text.h"
#include "os/inspect.h"
#include "os/memory.h"
#include "os/signal.h"

#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace pm::process {
namespace {

constexpr std::size_t longest_text = 1 << 20;
constexpr std::string_view first_line = "pointsman handoff 1";
constexpr int exit_not_executed = 127;

std::string text_of(const Bequest& bequest) {
  std::string text = fmt::format("{}\nchannel {}\n", first_line, bequest.channel);
  if (bequest.agent_socket >= 0)
    text += fmt::format("agent {} {}\n", bequest.agent_socket, bequest.agent_path);
  if (bequest.is_daemon) text += "daemon 1\n";
  if (bequest.is_unattended) text += "unattended 1\n";
  for (const KnownProcess& master : bequest.masters)
    text += fmt::format("master {} {}\n", master.pid, master.start_time);
  for (const shm::ZoneFd& zone : bequest.zones)
    text += fmt::format("zone {} {}\n", zone.fd, zone.name);
  for (const ListenerSocket& socket : bequest.sockets)
    text +=
        fmt::format("socket {} {} {} {}\n", socket.fd, socket.index, socket.steered, socket.key);
  return text;
}

// Descriptors that came from outside are ours from the first look on, and go into no further program.
os::Fd adopt(std::uint64_t number) {
  if (number > INT_MAX || number <= STDERR_FILENO) return {};
  os::Fd fd(static_cast<int>(number));
  if (::fcntl(fd.number(), F_SETFD, FD_CLOEXEC) != 0) (void)fd.release();
  return fd;
}

class Parser {
 public:
  bool line(std::string_view text);
  Heritage take() { return std::move(heritage_); }

 private:
  bool number(std::uint64_t& to);
  bool fd(os::Fd& to);

  std::string_view rest_;
  Heritage heritage_;
};

bool Parser::number(std::uint64_t& to) {
  const std::size_t end = rest_.find(' ');
  const auto parsed = parse_u64(rest_.substr(0, end));
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (parsed) to = *parsed;
  return parsed.has_value();
}

bool Parser::fd(os::Fd& to) {
  std::uint64_t value = 0;
  if (!number(value)) return false;
  to = adopt(value);
  return to.is_open();
}

bool Parser::line(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view word = text.substr(0, space);
  rest_ = text.substr(space + 1);
  std::uint64_t value = 0;
  os::Fd fd;
  if (word == "daemon") return heritage_.is_daemon = true;
  if (word == "unattended") return heritage_.is_unattended = true;
  if (word == "master") {
    KnownProcess master;
    if (!number(value) || value > INT_MAX || !number(master.start_time)) return false;
    master.pid = static_cast<pid_t>(value);
    heritage_.masters.push_back(master);
    return true;
  }
  if (!this->fd(fd)) return false;
  if (word == "channel") {
    heritage_.channel = Channel(std::move(fd));
    return true;
  }
  if (word == "agent") {
    heritage_.agent_socket = std::move(fd);
    heritage_.agent_path = rest_;
    return true;
  }
  if (word == "zone") {
    heritage_.zones.push_back({std::string(rest_), std::move(fd)});
    return true;
  }
  std::uint64_t steered = 0;
  if (word != "socket" || !number(value) || !number(steered) || steered > UINT_MAX) return false;
  heritage_.sockets.push_back({std::string(rest_), static_cast<std::size_t>(value),
                               static_cast<unsigned>(steered), std::move(fd)});
  return true;
}

[[noreturn]] void become(const Program& program, const Bequest& bequest, int text) {
  os::restore_signals();
  const auto keep = [](int fd) {
    ::fcntl(fd, F_SETFD, 0);
  };
  keep(text);
  keep(bequest.channel);
  if (bequest.agent_socket >= 0) keep(bequest.agent_socket);
  for (const shm::ZoneFd& zone : bequest.zones)
    keep(zone.fd);
  for (const ListenerSocket& socket : bequest.sockets)
    keep(socket.fd);
  ::setenv(handoff_variable, std::to_string(text).c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : program.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(program.path.c_str(), arguments.data());
  fmt::print(stderr, "pointsman: error: {} cannot be executed: {}\n", program.path,
             os::reason(errno));
  ::_exit(exit_not_executed);
}

}  // namespace

KnownProcess KnownProcess::of(pid_t pid) {
  return {pid, os::start_time(pid).value_or(0)};
}

bool KnownProcess::is_alive() const {
  return os::is_alive(pid) && os::start_time(pid) == start_time;
}

Result<std::optional<Heritage>> receive_heritage() {
  const char* variable = std::getenv(handoff_variable);
  if (variable == nullptr) return std::optional<Heritage>();
  const auto number = parse_u64(variable);
  ::unsetenv(handoff_variable);
  const os::Fd file = number ? adopt(*number) : os::Fd();
  if (!file.is_open() || ::lseek(file.number(), 0, SEEK_SET) != 0)
    return Error{Errc::bad_value, handoff_variable, "names no descriptor"};
  PM_TRY(const std::string text, os::read_all(file.number(), longest_text));
  Parser parser;
  bool is_first = true;
  bool is_good = true;
  text::for_each_part(text, '\n', [&](std::string_view line) {
    if (line.empty()) return;
    is_good = is_good && (is_first ? line == first_line : parser.line(line));
    is_first = false;
  });
  if (is_first || !is_good)
    return Error{Errc::bad_value, handoff_variable, "is not what this program hands over"};
  return std::optional<Heritage>(parser.take());
}

Result<pid_t> start_program(const Program& program, const Bequest& bequest) {
  PM_TRY(os::Fd text, os::make_memory("pointsman-handoff"));
  PM_TRY([[maybe_unused]] auto written, os::write_all(text.number(), text_of(bequest)));
  PM_TRY([[maybe_unused]] auto sealed, os::seal(text.number()));
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("cannot fork", errno);
  if (pid == 0) become(program, bequest, text.number());
  return pid;
}

}  // namespace pm::process
