// SPDX-License-Identifier: MIT
// ip.h -- network addresses as values: IPv4 and IPv6, CIDR blocks.
//
//   shape   an Address is 16 bytes (IPv4 as ::ffff:a.b.c.d, so a mapped address equals its IPv4) and an optional zone
//           index; an Endpoint is an Address and a port (host byte order)
//   out     canonical text: IPv4 dotted, IPv6 as RFC 5952 writes it
//   cost    values: no allocation
//   source  RFC 4291 section 2.2, RFC 5952, RFC 4632
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace pm {

class Address {
 public:
  Address() noexcept = default;  // "::"
  static Address v4(std::uint32_t host_order) noexcept;
  static Address v6(const std::uint8_t (&bytes)[16], std::uint32_t scope = 0) noexcept;
  // Dotted IPv4 (four decimal parts, no leading zeros) or IPv6 (without brackets; "%zone" allowed and dropped).
  static std::optional<Address> parse(std::string_view text) noexcept;

  bool is_v4() const noexcept;
  bool is_loopback() const noexcept;
  bool is_any() const noexcept;
  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  // What is left with that many leading bits of the 16-byte form, zone apart; the others are 0.
  Address masked(unsigned bits) const noexcept;
  std::uint32_t scope() const noexcept { return scope_; }
  // Canonical text without zone; 46 bytes suffice; returns the length.
  std::size_t write(char* to) const noexcept;
  std::string to_string() const;
  friend bool operator==(const Address& a, const Address& b) noexcept {
    return a.bytes_ == b.bytes_;
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::uint32_t scope_ = 0;
};

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  static std::optional<Endpoint> from(const sockaddr* address) noexcept;  // AF_INET, AF_INET6 only
  // Fills a sockaddr_storage-sized buffer; an IPv4 address becomes AF_INET. Returns the length.
  std::uint32_t to_sockaddr(void* storage) const noexcept;
  std::size_t write(char* to) const noexcept;  // "1.2.3.4:80", "[::1]:80"; 56 bytes suffice
  std::string to_string() const;
  friend bool operator==(const Endpoint&, const Endpoint&) noexcept = default;
};

class Cidr {
 public:
  // "10.0.0.0/8", "::1", "192.0.2.7"
  static std::optional<Cidr> parse(std::string_view text) noexcept;
  bool contains(const Address& address) const noexcept;
  const Address& network() const noexcept { return network_; }
  unsigned bits() const noexcept { return bits_; }  // 0 to 128, counted in the 16-byte form

 private:
  Address network_;
  unsigned bits_ = 128;
};

}  // namespace pm
