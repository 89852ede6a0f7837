// SPDX-License-Identifier: MIT
#include "t/bench/tools/answers.h"

#include "t/bench/tools/message.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

namespace pm::bench {
namespace {

constexpr std::size_t json_size = 32 * 1024;
constexpr std::uint64_t largest = 64 << 20;

std::string response(std::string_view type, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nServer: up\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
      "Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
      type, body.size(), body);
}

// Records that compress as an API's do: the same keys, words that come again, numbers that do not.
std::string json() {
  static constexpr std::string_view words[] = {"amber", "basin", "cedar", "delta", "ember", "fjord",
                                               "grove", "haven", "inlet", "jetty", "knoll", "ledge",
                                               "marsh", "notch", "orbit", "plaza"};
  std::uint32_t state = 12345;
  const auto random = [&state](std::uint32_t below) {
    state = state * 1103515245u + 12345u;
    return (state >> 16 & 0x7fff) % below;
  };
  const auto word = [&] {
    return words[random(16)];
  };
  std::string text = "[";
  while (text.size() < json_size - 120) {
    text +=
        fmt::format(R"({}{{"id":{},"name":"{}-{}","active":{},"score":{}.{},"tags":["{}","{}"]}})",
                    text.size() > 1 ? "," : "", random(0x8000), word(), word(),
                    random(2) ? "true" : "false", random(1000), random(100), word(), word());
  }
  text += ']';
  text.resize(json_size, ' ');
  return text;
}

}  // namespace

Answers::Answers() : json_(response("application/json", json())) {}

const std::string& Answers::of(std::string_view path) {
  if (path.find("/json") != path.npos) return json_;
  const std::size_t at = path.find("/b/");
  const std::uint64_t size = at == path.npos ? 200 : number(path.substr(at + 3));
  std::string& answer = by_size_[size];
  if (answer.empty()) answer = response("text/plain", std::string(size <= largest ? size : 0, 'x'));
  return answer;
}

std::string switching_protocols(std::string_view websocket_key) {
  const std::string text = std::string(websocket_key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  unsigned char proof[32];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  EVP_EncodeBlock(proof, digest, sizeof digest);
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      reinterpret_cast<const char*>(proof));
}

}  // namespace pm::bench
