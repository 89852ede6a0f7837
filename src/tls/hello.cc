// SPDX-License-Identifier: MIT
#include "tls/hello.h"

namespace pm::tls {
namespace {

constexpr unsigned char handshake_record = 0x16;
constexpr char client_hello = 1;
constexpr std::size_t record_head = 5;
constexpr std::size_t message_head = 4;
constexpr std::size_t max_record = 16384;
constexpr std::uint64_t extension_server_name = 0;
constexpr std::uint64_t extension_alpn = 16;

// Numbers and vectors in front of a text, taken off; `failed` once something was too short.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : rest_(bytes) {}

  std::uint64_t number(std::size_t width) noexcept {
    const std::string_view bytes = take(width);
    std::uint64_t value = 0;
    for (const char byte : bytes)
      value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view take(std::size_t size) noexcept {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view vector(std::size_t width) noexcept { return take(number(width)); }
  bool empty() const noexcept { return rest_.empty(); }
  bool failed() const noexcept { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

Hello malformed() {
  Hello hello;
  hello.status = Hello::Status::malformed;
  return hello;
}

bool read_server_name(std::string_view body, Hello& hello) {
  Reader reader(body);
  Reader names(reader.vector(2));
  const std::uint64_t type = names.number(1);
  const std::string_view name = names.vector(2);
  if (reader.failed() || names.failed() || !reader.empty() || name.empty()) return false;
  // A zero inside would be cut by whoever takes it for a C string.
  if (name.find('\0') != std::string_view::npos) return false;
  if (type == 0) hello.server_name = name;
  return true;
}

bool read_protocols(std::string_view body, Hello& hello) {
  Reader reader(body);
  const std::string_view list = reader.vector(2);
  if (reader.failed() || !reader.empty() || list.empty()) return false;
  Reader names(list);
  while (!names.empty()) {
    if (names.vector(1).empty()) return false;
  }
  if (names.failed()) return false;
  hello.protocols = list;
  return true;
}

Hello parse_message(std::string_view message) {
  Hello hello;
  hello.status = Hello::Status::found;
  Reader reader(message);
  reader.take(2 + 32);  // version, random
  if (reader.vector(1).size() > 32) return malformed();
  const std::size_t ciphers = reader.vector(2).size();
  const std::size_t methods = reader.vector(1).size();
  if (reader.failed() || ciphers == 0 || ciphers % 2 != 0 || methods == 0) return malformed();
  if (reader.empty()) return hello;  // TLS 1.2 allows a hello without extensions
  Reader extensions(reader.vector(2));
  if (reader.failed() || !reader.empty()) return malformed();
  bool saw_name = false;
  bool saw_protocols = false;
  while (!extensions.empty()) {
    const std::uint64_t type = extensions.number(2);
    const std::string_view body = extensions.vector(2);
    if (extensions.failed()) return malformed();
    if (type == extension_server_name) {
      if (saw_name || !read_server_name(body, hello)) return malformed();
      saw_name = true;
    } else if (type == extension_alpn) {
      if (saw_protocols || !read_protocols(body, hello)) return malformed();
      saw_protocols = true;
    }
  }
  return hello;
}

}  // namespace

Hello parse_hello(std::string_view bytes, std::string& assembled) {
  assembled.clear();
  Hello hello;
  if (bytes.empty()) return hello;
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first == 0x80) return malformed();  // SSLv2
  if (first != handshake_record) {
    hello.status = Hello::Status::not_tls;
    return hello;
  }
  std::string_view message;  // as far as it has come
  bool split = false;
  while (true) {
    if (bytes.size() < record_head) {
      if (bytes.size() > 1 && bytes[1] != 3) return malformed();
      return hello;
    }
    Reader head(bytes);
    const std::uint64_t type = head.number(1);
    const std::uint64_t major = head.number(1);
    head.number(1);
    const std::size_t size = head.number(2);
    if (type != handshake_record || major != 3 || size == 0 || size > max_record)
      return malformed();
    const std::string_view part = bytes.substr(record_head, size);
    if (!split && message.empty()) {
      message = part;
    } else {
      if (!split) assembled.assign(message);
      split = true;
      assembled.append(part);
      message = assembled;
    }
    if (!message.empty() && message[0] != client_hello) return malformed();
    if (message.size() >= message_head) {
      Reader reader(message);
      reader.number(1);
      const std::size_t wanted = reader.number(3);
      if (wanted > max_hello) return malformed();
      if (message.size() >= message_head + wanted)
        return parse_message(message.substr(message_head, wanted));
    }
    if (part.size() < size) return hello;
    bytes.remove_prefix(record_head + size);
  }
}

}  // namespace pm::tls
