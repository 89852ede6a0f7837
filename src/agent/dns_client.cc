// SPDX-License-Identifier: MIT
#include "agent/dns_client.h"

#include "core/text.h"
#include "net/alarm.h"
#include "net/readiness.h"
#include "shm/names.h"

#include <ares.h>

#include <algorithm>
#include <cstring>
#include <map>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace pm::agent {
namespace {

LookupOutcome outcome_of(int status) noexcept {
  switch (status) {
    case ARES_SUCCESS: return LookupOutcome::found;
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
    case ARES_EBADNAME: return LookupOutcome::not_found;
    case ARES_ETIMEOUT: return LookupOutcome::timed_out;
    default: return LookupOutcome::failed;
  }
}

// Is the name `zone`, or below it?
bool is_within(std::string_view name, std::string_view zone) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() < zone.size()) return false;
  const std::size_t begin = name.size() - zone.size();
  const bool whole = begin == 0 || name[begin - 1] == '.';
  return whole && text::equals_ignore_case(name.substr(begin), zone);
}

void add_from_files(ares_channel ares, const std::string& name, int family,
                    std::vector<Address>& to) {
  hostent* host = nullptr;
  if (ares_gethostbyname_file(ares, name.c_str(), family, &host) != ARES_SUCCESS) return;
  for (char** at = host->h_addr_list; *at != nullptr; ++at) {
    std::uint8_t bytes[16];
    std::memcpy(bytes, *at, static_cast<std::size_t>(host->h_length));
    const std::uint32_t v4 = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                             std::uint32_t{bytes[2]} << 8 | bytes[3];
    to.push_back(family == AF_INET ? Address::v4(v4) : Address::v6(bytes));
  }
  ares_free_hostent(host);
}

// A file may say otherwise; without one it is the loopback interface.
Answer answer_localhost(ares_channel ares, const std::string& name) {
  Answer answer{LookupOutcome::found, {}, std::chrono::hours(1), {}};
  add_from_files(ares, name, AF_INET6, answer.addresses);
  add_from_files(ares, name, AF_INET, answer.addresses);
  if (answer.addresses.empty()) {
    answer.addresses = {Address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
                        Address::v4(0x7f000001)};
  }
  answer.addresses = arrange(std::move(answer.addresses));
  return answer;
}

// The least time to live of addresses and of the aliases that lead to them.
Answer read_answer(const ares_addrinfo& found) {
  Answer answer;
  int ttl = INT32_MAX;
  for (const ares_addrinfo_cname* alias = found.cnames; alias != nullptr; alias = alias->next) {
    ttl = std::min(ttl, alias->ttl);
  }
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) {
    const auto endpoint = Endpoint::from(node->ai_addr);
    if (!endpoint) continue;
    answer.addresses.push_back(endpoint->address);
    ttl = std::min(ttl, node->ai_ttl);
  }
  answer.addresses = arrange(std::move(answer.addresses));
  const bool empty = answer.addresses.empty();
  answer.outcome = empty ? LookupOutcome::not_found : LookupOutcome::found;
  answer.ttl = std::chrono::seconds(std::max(ttl, 0));
  return answer;
}

}  // namespace

std::string_view dns_version() noexcept {
  return ::ares_version(nullptr);
}

std::vector<Address> arrange(std::vector<Address> addresses) {
  const auto goes_before = [](const Address& a, const Address& b) {
    return a.bytes() < b.bytes();
  };
  std::sort(addresses.begin(), addresses.end(), goes_before);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  const auto first_v4 = std::stable_partition(addresses.begin(), addresses.end(),
                                              [](const Address& a) { return !a.is_v4(); });
  std::vector<Address> arranged;
  auto v6 = addresses.begin();
  auto v4 = first_v4;
  while (arranged.size() < shm::most_addresses && (v6 != first_v4 || v4 != addresses.end())) {
    if (v6 != first_v4) arranged.push_back(*v6++);
    const bool room = arranged.size() < shm::most_addresses;
    if (room && v4 != addresses.end()) arranged.push_back(*v4++);
  }
  return arranged;
}

struct DnsClient::Channel {
  Channel(uv_loop_s* l, DnsOptions o)
      : loop(l), options(std::move(o)), alarm(l, [this] { process(none, none); }) {}
  ~Channel() { close(); }

  static constexpr ares_socket_t none = ARES_SOCKET_BAD;
  struct Question {
    Channel* channel;
    std::function<void(Answer)> then;
  };

  int open();
  void close() noexcept;
  void process(ares_socket_t readable, ares_socket_t writable) noexcept;
  void arm() noexcept;
  void watch(ares_socket_t fd, bool readable, bool writable);
  static void on_answer(void* question, int status, int, ares_addrinfo* found) noexcept;

  uv_loop_s* loop;
  DnsOptions options;
  ares_channel ares = nullptr;
  bool closing = false;
  net::Alarm alarm;  // c-ares' next time-out
  std::map<ares_socket_t, net::Readiness> sockets;
};

int DnsClient::Channel::open() {
  if (ares != nullptr) return ARES_SUCCESS;
  char lookups[] = "fb";  // files, then the servers: whatever nsswitch.conf says
  ares_options settings{};
  settings.timeout = static_cast<int>(options.timeout.count());
  settings.tries = options.tries;
  settings.lookups = lookups;
  settings.sock_state_cb_data = this;
  settings.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) noexcept {
    static_cast<Channel*>(self)->watch(fd, readable != 0, writable != 0);
  };
  // An environment variable names no hosts for a daemon.
  settings.flags = ARES_FLAG_NOALIASES;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
                   ARES_OPT_FLAGS;
  int status = ares_init_options(&ares, &settings, mask);
  if (status != ARES_SUCCESS) {
    ares = nullptr;
    return status;
  }
  if (options.servers.empty()) return ARES_SUCCESS;
  status = ares_set_servers_ports_csv(ares, options.servers.c_str());
  if (status != ARES_SUCCESS) close();
  return status;
}

void DnsClient::Channel::close() noexcept {
  if (ares == nullptr) return;
  closing = true;
  ares_destroy(ares);
  closing = false;
  ares = nullptr;
  sockets.clear();
}

void DnsClient::Channel::process(ares_socket_t readable, ares_socket_t writable) noexcept {
  if (ares == nullptr) return;
  ares_process_fd(ares, readable, writable);
  arm();
}

void DnsClient::Channel::arm() noexcept {
  timeval left{};
  if (ares_timeout(ares, nullptr, &left) == nullptr) return alarm.disarm();
  // Rounded up: a time-out looked at too early would only be looked at again.
  alarm.arm(std::chrono::milliseconds(left.tv_sec * 1000 + left.tv_usec / 1000 + 1));
}

void DnsClient::Channel::watch(ares_socket_t fd, bool readable, bool writable) {
  if (!readable && !writable) {
    sockets.erase(fd);
    return;
  }
  const auto tell = [this, fd](net::Ready ready) {
    process(ready.readable ? fd : none, ready.writable ? fd : none);
  };
  const auto [at, fresh] = sockets.try_emplace(fd, loop, fd, tell);
  at->second.want({readable, writable});
}

void DnsClient::Channel::on_answer(void* argument, int status, int, ares_addrinfo* found) noexcept {
  const std::unique_ptr<Question> question(static_cast<Question*>(argument));
  Answer answer;
  if (status == ARES_SUCCESS && found != nullptr) {
    answer = read_answer(*found);
  } else {
    answer.outcome = outcome_of(status);
  }
  if (answer.outcome != LookupOutcome::found) {
    answer.why = ares_strerror(status == ARES_SUCCESS ? ARES_ENODATA : status);
  }
  if (found != nullptr) ares_freeaddrinfo(found);
  if (!question->channel->closing) question->then(std::move(answer));
}

DnsClient::DnsClient(uv_loop_s* loop, DnsOptions options)
    : channel_(std::make_unique<Channel>(loop, std::move(options))) {}

DnsClient::~DnsClient() = default;

void DnsClient::look_up(const std::string& name, std::function<void(Answer)> then) {
  Channel& channel = *channel_;
  const int status = channel.open();
  if (status != ARES_SUCCESS) {
    then({LookupOutcome::failed, {}, {}, ares_strerror(status)});
    return;
  }
  // Never a question for a server: RFC 6761 sections 6.3 and 6.4.
  if (is_within(name, "localhost")) return then(answer_localhost(channel.ares, name));
  if (is_within(name, "invalid")) {
    return then({LookupOutcome::not_found, {}, {}, ares_strerror(ARES_ENOTFOUND)});
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  auto* question = new Channel::Question{&channel, std::move(then)};
  ares_getaddrinfo(channel.ares, name.c_str(), nullptr, &hints, Channel::on_answer, question);
  channel.arm();
}

}  // namespace pm::agent
