// SPDX-License-Identifier: MIT
#include "net/proxy_protocol.h"

#include "core/number.h"

#include <algorithm>
#include <cstring>

namespace pm::net {
namespace {

using Status = ProxyHeader::Status;

ProxyHeader bad(const char* why) noexcept {
  ProxyHeader header;
  header.status = Status::bad;
  header.why = why;
  return header;
}

ProxyHeader found(std::size_t length) noexcept {
  ProxyHeader header;
  header.status = Status::found;
  header.length = static_cast<std::uint32_t>(length);
  return header;
}

// ---- version 1: "PROXY TCP4 192.0.2.7 192.0.2.1 51000 80\r\n"

constexpr std::string_view word = "PROXY ";
constexpr std::size_t longest_line = 107;  // final CR LF included

// The next word; words are parted by exactly one space.
std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t end = line.find(' ');
  const std::string_view taken = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return taken;
}

bool read_address(std::string_view text, bool v6, Address& to) noexcept {
  const bool has_colon = text.find(':') != std::string_view::npos;
  const auto address = Address::parse(text);
  if (!address || has_colon != v6 || text.find('%') != std::string_view::npos) return false;
  to = *address;
  return true;
}

bool read_port(std::string_view text, std::uint16_t& to) noexcept {
  const bool padded = text.size() > 1 && text[0] == '0';
  const auto port = parse_u64(text);
  if (!port || *port > 65535 || padded) return false;
  to = static_cast<std::uint16_t>(*port);
  return true;
}

ProxyHeader parse_line(std::string_view line, std::size_t length) noexcept {
  ProxyHeader header = found(length);
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") return header;  // whatever stands behind it
  const bool v6 = protocol == "TCP6";
  if (!v6 && protocol != "TCP4") return bad("unknown protocol in the PROXY line");

  const bool ends_bare = line.ends_with(' ');
  const bool addresses = read_address(take_word(line), v6, header.source.address) &&
                         read_address(take_word(line), v6, header.destination.address);
  if (!addresses) return bad("bad address in the PROXY line");
  const bool ports = read_port(take_word(line), header.source.port) &&
                     read_port(take_word(line), header.destination.port);
  if (!ports || !line.empty() || ends_bare) return bad("bad ports in the PROXY line");
  header.has_addresses = true;
  return header;
}

ProxyHeader parse_version_1(std::string_view bytes) noexcept {
  const std::string_view seen = bytes.substr(0, longest_line);
  const std::size_t end = seen.find_first_of("\r\n");
  const bool may_grow = bytes.size() < longest_line;
  if (end == std::string_view::npos) {
    return may_grow ? ProxyHeader{} : bad("the PROXY line is too long");
  }
  if (seen[end] == '\r' && end + 1 == seen.size() && may_grow) return ProxyHeader{};
  if (!seen.substr(end).starts_with("\r\n")) return bad("the PROXY line does not end in CR LF");
  return parse_line(seen.substr(word.size(), end - word.size()), end + 2);
}

// ---- version 2: signature, version and command, family and transport, length, addresses, TLVs

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t fixed_size = 16;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t word_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

Address v4_at(std::string_view bytes, std::size_t at) noexcept {
  return Address::v4(std::uint32_t{word_at(bytes, at)} << 16 | word_at(bytes, at + 2));
}

Address v6_at(std::string_view bytes, std::size_t at) noexcept {
  std::uint8_t raw[16];
  std::memcpy(raw, bytes.data() + at, sizeof raw);
  return Address::v6(raw);
}

// `block` is the whole header of a PROXY command.
ProxyHeader read_addresses(std::string_view block) noexcept {
  enum Family : std::uint8_t { unspecified, inet, inet6, unix_socket };
  ProxyHeader header = found(block.size());
  const std::uint8_t family = byte_at(block, 13) >> 4;
  const std::uint8_t transport = byte_at(block, 13) & 15;
  const std::size_t room = block.size() - fixed_size;
  if (family > unix_socket || transport > 2) return bad("unknown family in the PROXY block");
  if (family == unspecified || transport == 0) return header;
  constexpr std::size_t needed[] = {0, 12, 36, 216};
  if (room < needed[family]) return bad("the PROXY block is too short for its addresses");
  if (family == unix_socket) return header;

  header.has_addresses = true;
  if (family == inet) {
    header.source = {v4_at(block, 16), word_at(block, 24)};
    header.destination = {v4_at(block, 20), word_at(block, 26)};
  } else {
    header.source = {v6_at(block, 16), word_at(block, 48)};
    header.destination = {v6_at(block, 32), word_at(block, 50)};
  }
  return header;
}

ProxyHeader parse_version_2(std::string_view bytes) noexcept {
  // What is wrong in the fixed part is not waited for.
  if (bytes.size() <= signature.size()) return {};
  const std::uint8_t command = byte_at(bytes, 12);
  if (command != 0x20 && command != 0x21)
    return bad("unknown version or command of the PROXY block");
  if (bytes.size() < fixed_size) return {};
  const std::size_t length = word_at(bytes, 14);
  if (length > most_proxy_bytes) return bad("the PROXY block is too long");
  if (bytes.size() < fixed_size + length) return {};
  const std::string_view block = bytes.substr(0, fixed_size + length);
  return command == 0x20 ? found(block.size()) : read_addresses(block);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) noexcept {
  const auto agrees = [&](std::string_view beginning) {
    const std::size_t size = std::min(bytes.size(), beginning.size());
    return bytes.substr(0, size) == beginning.substr(0, size);
  };
  if (agrees(word)) return bytes.size() < word.size() ? ProxyHeader{} : parse_version_1(bytes);
  if (agrees(signature)) return parse_version_2(bytes);
  ProxyHeader header;
  header.status = Status::none;
  return header;
}

}  // namespace pm::net
