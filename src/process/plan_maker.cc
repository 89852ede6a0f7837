// SPDX-License-Identifier: MIT
#include "process/plan_maker.h"

#include "config/address.h"
#include "core/number.h"
#include "core/text.h"
#include "os/user.h"
#include "process/build_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <netdb.h>

namespace pm::process {
namespace {

using config::Findings;
using config::Mark;
using runtime::Plan;
using runtime::PlanAddress;

template <std::size_t N>
bool put(runtime::BoundedText<N>& to, std::string_view text, std::string_view what, Mark mark,
         Findings& findings) {
  if (to.set(text) && to.is_sound()) return true;
  findings.error(mark, fmt::format("{} is longer than {} bytes or holds a zero byte", what, N));
  return false;
}

std::int64_t whole_ms(Duration duration) {
  return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

// As Go's net.Listen does: the first IPv4 address of a name, else its first IPv6 address.
std::optional<Address> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  std::optional<Address> chosen;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    const auto endpoint = Endpoint::from(entry->ai_addr);
    if (!endpoint) continue;
    if (!chosen || (endpoint->address.is_v4() && !chosen->is_v4())) chosen = endpoint->address;
  }
  ::freeaddrinfo(found);
  return chosen;
}

std::string place_of(const config::SourceNames& sources, Mark mark) {
  if (mark.source == 0 || mark.source >= sources.size()) return "";
  if (mark.line == 0) return sources[mark.source];
  return fmt::format("{}:{}:{}", sources[mark.source], mark.line, mark.column);
}

os::SandboxMode sandbox_mode(std::string_view word) {
  if (word == "off") return os::SandboxMode::off;
  return word == "log" || is_instrumented ? os::SandboxMode::log : os::SandboxMode::enforce;
}

class Maker {
 public:
  Maker(const PlanInput& input, runtime::BundleContent& out, Findings& findings)
      : input_(input),
        fixed_(input.config.fixed),
        plan_(out.plan),
        out_(out),
        findings_(findings) {}

  bool run() {
    bool ok = true;
    for (std::uint32_t i = 0; i < fixed_.entry_points.size(); ++i)
      ok &= add_address(i);
    ok &= set_workers();
    ok &= set_affinity();
    ok &= set_user();
    ok &= set_paths();
    set_times();
    set_rest();
    return ok;
  }

 private:
  bool add_address(std::uint32_t index);
  bool set_workers();
  bool set_affinity();
  bool set_user();
  bool set_paths();
  std::string run_folder() const;
  void set_times();
  void set_rest();

  const PlanInput& input_;
  const config::Static& fixed_;
  Plan& plan_;
  runtime::BundleContent& out_;
  Findings& findings_;
};

bool Maker::add_address(std::uint32_t index) {
  const config::EntryPoint& entry_point = fixed_.entry_points[index];
  const auto parsed = config::parse_listen_address(entry_point.address.value);
  const Mark mark = entry_point.address.mark;
  const std::string subject = fmt::format("entryPoints.{}.address {}", entry_point.name,
                                          text::quoted(entry_point.address.value));
  if (!parsed) return findings_.error(mark, subject + " is not [host]:port"), false;
  if (parsed->is_udp) return findings_.error(mark, subject + ": UDP is not supported yet"), false;

  PlanAddress address;
  address.entry_point = index;
  address.port = parsed->port;
  address.any_family = parsed->host.empty() ? 1 : 0;
  if (!parsed->host.empty()) {
    auto found = Address::parse(parsed->host);
    if (!found) found = look_up(parsed->host);
    if (!found) {
      findings_.error(mark, subject + ": no address found for that name", "write an IP address");
      return false;
    }
    address.address = found->bytes();
    address.scope = found->scope();
  }
  const bool ok =
      put(address.name, entry_point.name, "the name of an entry point", mark, findings_) &&
      put(address.text, entry_point.address.value, "an address", mark, findings_) &&
      put(address.place, place_of(input_.config.sources, mark), "a place", mark, findings_);
  out_.addresses.push_back(address);
  return ok;
}

bool Maker::set_workers() {
  const std::string& workers = fixed_.workers.value;
  plan_.worker_connections = static_cast<std::uint32_t>(fixed_.worker_connections);
  if (text::equals_ignore_case(workers, "auto")) {
    plan_.workers = std::min<unsigned>(input_.cores, Plan::max_workers);
    return true;
  }
  const auto count = parse_u64(workers);
  if (!count || *count < 1 || *count > Plan::max_workers) {
    findings_.error(fixed_.workers.mark, "workers " + text::quoted(workers) + " is not a count",
                    fmt::format("write \"auto\" or a number from 1 to {}", Plan::max_workers));
    return false;
  }
  plan_.workers = static_cast<std::uint32_t>(*count);
  return true;
}

// nginx's form: "auto", or a binary mask for each worker, the lowest core on the right ("0001 0010").
bool Maker::set_affinity() {
  const std::string_view wish = text::trim(fixed_.worker_cpu_affinity);
  if (wish.empty()) return true;
  if (wish == "auto") {
    plan_.affinity = runtime::PlanAffinity::automatic;
    return true;
  }
  bool ok = true;
  text::for_each_part(wish, ' ', [&](std::string_view part) {
    if (part.empty()) return;
    ok = ok && part.size() <= 64 && part.find_first_not_of("01") == std::string_view::npos &&
         part.find('1') != std::string_view::npos && plan_.mask_count < plan_.masks.size();
    if (!ok) return;
    std::uint64_t mask = 0;
    for (char bit : part)
      mask = mask << 1 | (bit == '1' ? 1 : 0);
    plan_.masks[plan_.mask_count++] = mask;
  });
  plan_.affinity = runtime::PlanAffinity::masks;
  if (!ok) {
    findings_.error({}, "workerCpuAffinity " + text::quoted(wish) + " is not understood",
                    "write \"auto\" or masks such as \"01 10\"");
  }
  return ok;
}

bool Maker::set_user() {
  const std::string_view wish = text::trim(fixed_.user.value);
  os::Identity identity;
  if (!input_.is_root) {
    if (!wish.empty()) {
      findings_.warning(fixed_.user.mark, "user is ignored: only root can become somebody else",
                        "start as root or leave it out");
    }
    return true;
  }
  if (wish.empty()) {
    identity = os::default_identity(paths::user);
  } else {
    const std::size_t space = wish.find(' ');
    const std::string_view group =
        space == std::string_view::npos ? "" : text::trim(wish.substr(space + 1));
    Result<os::Identity> found = os::find_identity(wish.substr(0, space), group);
    if (!found) return findings_.error(fixed_.user.mark, found.error().what), false;
    identity = std::move(found).value();
  }
  plan_.user_given = 1;
  plan_.uid = identity.uid;
  plan_.gid = identity.gid;
  return put(plan_.user, identity.name, "the name of the user", fixed_.user.mark, findings_);
}

// Beside the pid file; without one where such files are.
std::string Maker::run_folder() const {
  const auto folder_of = [](std::string_view path) {
    return std::string(path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)));
  };
  const std::string pid = absolute_path(input_.base, fixed_.pid_path);
  if (!pid.empty()) return folder_of(pid);
  return input_.is_root ? folder_of(paths::pid) : "";
}

bool Maker::set_paths() {
  const auto path = [&](runtime::PathText& to, const std::string& value, std::string_view what) {
    return put(to, absolute_path(input_.base, value), what, {}, findings_);
  };
  plan_.access_log = fixed_.access_log ? 1 : 0;
  const std::string access = fixed_.access_log ? fixed_.access_log->file_path : "";
  return path(plan_.config_path, input_.config_path, "the path of the configuration") &&
         path(plan_.pid_path, fixed_.pid_path, "pid") &&
         path(plan_.log.path, fixed_.log.file_path, "log.filePath") &&
         path(plan_.run_path, run_folder(), "the folder of the agent's socket") &&
         path(plan_.spill_path, fixed_.spill_path, "spillPath") &&
         path(plan_.access_log_path, access, "accessLog.filePath");
}

void Maker::set_times() {
  for (const config::EntryPoint& entry_point : fixed_.entry_points) {
    const config::LifeCycle& life = entry_point.transport.life_cycle;
    plan_.accept_grace_ms =
        std::max(plan_.accept_grace_ms, whole_ms(life.request_accept_grace_timeout));
    plan_.grace_ms = std::max(plan_.grace_ms, whole_ms(life.grace_timeout));
  }
}

void Maker::set_rest() {
  plan_.shutdown_ms = whole_ms(fixed_.operations.shutdown_timeout);
  plan_.throttle_ms = whole_ms(fixed_.providers.throttle);

  const auto choice = [](std::optional<bool> wish) {
    if (!wish) return runtime::Choice::unset;
    return *wish ? runtime::Choice::yes : runtime::Choice::no;
  };
  plan_.daemon = choice(fixed_.daemon);
  plan_.term_is_graceful = choice(fixed_.operations.term_is_graceful);
  plan_.has_agent_site = fixed_.api || fixed_.metrics.prometheus ? 1 : 0;
  plan_.has_metrics = fixed_.metrics.prometheus ? 1 : 0;
  plan_.has_memory_limit = parse_size(fixed_.worker_memory_limit).value_or(0) != 0 ? 1 : 0;
  plan_.orphans_serve = fixed_.operations.orphans == "serve" ? 1 : 0;
  plan_.sandbox = sandbox_mode(fixed_.operations.seccomp);
  plan_.open_files = static_cast<std::uint64_t>(std::max<std::int64_t>(0, fixed_.rlimit_nofile));
  plan_.worker_priority =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(fixed_.worker_priority, -20, 19));
  plan_.log.has_level = fixed_.log.level ? 1 : 0;
  plan_.log.level = static_cast<std::uint8_t>(fixed_.log.level.value_or(Level::error));
  plan_.log.json = fixed_.log.format == LogFormat::json ? 1 : 0;
  plan_.log.no_color = fixed_.log.no_color ? 1 : 0;

  runtime::PlanSummary& summary = plan_.summary;
  const config::Dynamic& dynamic = input_.config.dynamic;
  summary.routers = static_cast<std::uint32_t>(dynamic.routers.size());
  summary.services = static_cast<std::uint32_t>(dynamic.services.size());
  for (const config::Service& service : dynamic.services) {
    if (service.load_balancer) {
      summary.servers += static_cast<std::uint32_t>(service.load_balancer->servers.size());
    }
  }
}

}  // namespace

bool make_plan(const PlanInput& input, runtime::BundleContent& out, config::Findings& findings) {
  return Maker(input, out, findings).run();
}

std::string absolute_path(const std::string& base, const std::string& path) {
  if (path.empty() || path.starts_with('/')) return path;
  return base.ends_with('/') ? base + path : base + "/" + path;
}

}  // namespace pm::process
