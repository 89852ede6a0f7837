// SPDX-License-Identifier: MIT
// answers.h -- what the upstream of the measurements says: whole responses, made once.
//
//   in      a path: ".../b/<n>" is n bytes, "/json" a JSON document of 32 KiB, anything else 200 bytes
//   out     head and body in one string that lives as long as the process
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pm::bench {

class Answers {
 public:
  Answers();
  const std::string& of(std::string_view path);

 private:
  std::map<std::uint64_t, std::string> by_size_;
  const std::string json_;
};

std::string switching_protocols(std::string_view websocket_key);

}  // namespace pm::bench
