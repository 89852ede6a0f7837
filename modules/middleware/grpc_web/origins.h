// SPDX-License-Identifier: MIT
// origins.h -- pages of which origins may call.
//
//   in      "*": any. "https://app.example.com": that one. "https://*.example.com": one label or more in place of the "*"
//   out     whether an Origin is among them; ASCII case does not count
//   errors  add() says no: a "*" elsewhere, or more than one
//   source  middlewares-2.md section 6.5, GW-8
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pm::grpc_web {

class Origins {
 public:
  bool add(std::string_view pattern);
  bool contains(std::string_view origin) const noexcept;  // never ""

 private:
  struct Wildcard {
    std::string before;  // "https://"
    std::string behind;  // ".example.com"
  };
  bool any_ = false;
  std::vector<std::string> exact_;
  std::vector<Wildcard> wildcards_;
};

}  // namespace pm::grpc_web
