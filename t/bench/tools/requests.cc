// SPDX-License-Identifier: MIT
#include "t/bench/tools/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace pm::bench {
namespace {

constexpr std::string_view bare = "User-Agent: load\r\nAccept: */*\r\n";
constexpr std::string_view browser =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    "\r\nAccept-Language: en-US,en;q=0.5\r\nReferer: http://app.test/start\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\nPragma: no-cache\r\n";

std::string request(const Options& options, const std::string& host, const std::string& path) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}", options.post ? "POST" : "GET",
                                 path, host, options.browser ? browser : bare);
  if (!options.accept_encoding.empty()) {
    text += fmt::format("Accept-Encoding: {}\r\n", options.accept_encoding);
  }
  if (options.close == Options::Close::announced) text += "Connection: close\r\n";
  if (options.mode == Options::Mode::websocket) {
    text +=
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  }
  if (options.post) {
    text += fmt::format("Content-Type: application/octet-stream\r\nContent-Length: {}\r\n",
                        options.post);
  }
  return text + "\r\n" + std::string(options.post, 'p');
}

}  // namespace

std::vector<std::string> requests_of(const Options& options) {
  if (!options.routes) return {request(options, options.host, options.path)};
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < options.routes; ++i) {
    texts.push_back(
        request(options, fmt::format("h{}.bench.test", i), fmt::format("/p{}{}", i, options.path)));
  }
  return texts;
}

std::string websocket_message(std::size_t size) {
  std::string frame = "\x82";
  frame += static_cast<char>(0x80 | std::min<std::size_t>(size, 126));
  if (size >= 126) frame += {static_cast<char>(size >> 8), static_cast<char>(size)};
  return frame + "\x01\x02\x03\x04" + std::string(size, 'w');
}

std::size_t size_of_echo(std::size_t message) {
  return message + (message < 126 ? 2 : 4);
}

}  // namespace pm::bench
