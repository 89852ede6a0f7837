// SPDX-License-Identifier: MIT
#include "core/ip.h"

#include "core/number.h"
#include "core/text.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pm {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned mapped_bits = 96;

std::optional<unsigned> parse_small(std::string_view text, unsigned limit) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto value = parse_u64(text);
  if (!value || *value > limit) return std::nullopt;
  return static_cast<unsigned>(*value);
}

std::optional<Address> parse_v4(std::string_view text) noexcept {
  std::uint32_t value = 0;
  int parts = 0;
  bool good = true;
  text::for_each_part(text, '.', [&](std::string_view part) {
    const auto octet = parse_small(part, 255);
    good = good && octet && ++parts <= 4;
    if (good) value = value << 8 | *octet;
  });
  if (!good || parts != 4) return std::nullopt;
  return Address::v4(value);
}

std::optional<Address> parse_v6(std::string_view text) noexcept {
  const std::size_t zone = text.find('%');
  if (zone != std::string_view::npos && zone + 1 == text.size()) return std::nullopt;
  text = text.substr(0, zone);
  char terminated[INET6_ADDRSTRLEN];
  // A NUL inside would end the text for inet_pton, which would then accept what is before it.
  const bool whole = text.find('\0') == std::string_view::npos;
  if (!whole || text.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  std::uint8_t bytes[16];
  if (inet_pton(AF_INET6, terminated, bytes) != 1) return std::nullopt;
  return Address::v6(bytes);
}

std::size_t write_v4(char* to, const std::uint8_t* octets) noexcept {
  char* at = to;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at += text::write_decimal(at, octets[i]);
  }
  return static_cast<std::size_t>(at - to);
}

struct Run {
  int begin = 0;
  int size = 0;
};

// The first longest run of two or more zero groups: what "::" stands for (RFC 5952 section 4.2).
Run longest_zeros(const std::uint16_t (&groups)[8]) noexcept {
  Run best;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && groups[end] == 0)
      ++end;
    if (end - i > best.size) best = {i, end - i};
    i = end + 1;
  }
  return best.size >= 2 ? best : Run{};
}

std::size_t write_v6(char* to, const std::array<std::uint8_t, 16>& bytes) noexcept {
  std::uint16_t groups[8];
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const Run zeros = longest_zeros(groups);
  char* at = to;
  for (int i = 0; i < 8; ++i) {
    if (zeros.size > 0 && i == zeros.begin) {
      *at++ = ':';
      *at++ = ':';
      i += zeros.size - 1;
      continue;
    }
    if (at != to && at[-1] != ':') *at++ = ':';
    at += text::write_hex(at, groups[i]);
  }
  return static_cast<std::size_t>(at - to);
}

}  // namespace

Address Address::v4(std::uint32_t host_order) noexcept {
  Address address;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), address.bytes_.begin());
  for (unsigned i = 0; i < 4; ++i) {
    address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  }
  return address;
}

Address Address::v6(const std::uint8_t (&bytes)[16], std::uint32_t scope) noexcept {
  Address address;
  std::copy(std::begin(bytes), std::end(bytes), address.bytes_.begin());
  address.scope_ = scope;
  return address;
}

std::optional<Address> Address::parse(std::string_view text) noexcept {
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

Address Address::masked(unsigned bits) const noexcept {
  Address address;
  for (unsigned i = 0; i < 16 && i * 8 < bits; ++i) {
    const unsigned kept = std::min(bits - i * 8, 8U);
    address.bytes_[i] = static_cast<std::uint8_t>(bytes_[i] & (0xff00U >> kept));
  }
  return address;
}

bool Address::is_v4() const noexcept {
  return std::memcmp(bytes_.data(), mapped_prefix.data(), mapped_prefix.size()) == 0;
}

bool Address::is_loopback() const noexcept {
  if (is_v4()) return bytes_[12] == 127;
  static constexpr std::array<std::uint8_t, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0,
                                                         0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == loopback;
}

bool Address::is_any() const noexcept {
  const std::size_t first = is_v4() ? 12 : 0;
  return std::all_of(bytes_.begin() + first, bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

std::size_t Address::write(char* to) const noexcept {
  return is_v4() ? write_v4(to, bytes_.data() + 12) : write_v6(to, bytes_);
}

std::string Address::to_string() const {
  char text[INET6_ADDRSTRLEN];
  return std::string(text, write(text));
}

std::optional<Endpoint> Endpoint::from(const sockaddr* address) noexcept {
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    return Endpoint{Address::v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, address, sizeof in6);
    return Endpoint{Address::v6(in6.sin6_addr.s6_addr, in6.sin6_scope_id), ntohs(in6.sin6_port)};
  }
  return std::nullopt;
}

std::uint32_t Endpoint::to_sockaddr(void* storage) const noexcept {
  const auto& bytes = address.bytes();
  if (address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, bytes.data() + 12, 4);
    std::memcpy(storage, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  in6.sin6_scope_id = address.scope();
  std::memcpy(&in6.sin6_addr, bytes.data(), bytes.size());
  std::memcpy(storage, &in6, sizeof in6);
  return sizeof in6;
}

std::size_t Endpoint::write(char* to) const noexcept {
  char* at = to;
  const bool bracketed = !address.is_v4();
  if (bracketed) *at++ = '[';
  at += address.write(at);
  if (bracketed) *at++ = ']';
  *at++ = ':';
  at += text::write_decimal(at, port);
  return static_cast<std::size_t>(at - to);
}

std::string Endpoint::to_string() const {
  char text[56];
  return std::string(text, write(text));
}

std::optional<Cidr> Cidr::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = Address::parse(host);
  if (!address || host.find('%') != std::string_view::npos) return std::nullopt;

  Cidr block;
  if (slash != std::string_view::npos) {
    const bool dotted = host.find(':') == std::string_view::npos;
    const auto bits = parse_small(text.substr(slash + 1), dotted ? 32 : 128);
    if (!bits) return std::nullopt;
    block.bits_ = *bits + (dotted ? mapped_bits : 0);
  }
  block.network_ = address->masked(block.bits_);
  return block;
}

bool Cidr::contains(const Address& address) const noexcept {
  // "::/0" means every IPv6 address; that IPv4 lives inside that space here is nobody's business.
  if (bits_ < mapped_bits && address.is_v4()) return false;
  return address.masked(bits_) == network_;
}

}  // namespace pm
