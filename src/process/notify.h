// SPDX-License-Identifier: MIT
// notify.h -- what a service manager is told: READY=1, STOPPING=1.
//
//   in      NOTIFY_SOCKET: a path, or an abstract name with "@" in front
//   errors  none: a manager that cannot be reached learns nothing
//   source  sd_notify(3), operations.md section 8
#pragma once

#include <string>
#include <string_view>

namespace pm::process {

class Notifier {
 public:
  explicit Notifier(std::string socket) : socket_(std::move(socket)) {}
  void tell(std::string_view state) const noexcept;  // "READY=1"

 private:
  std::string socket_;  // "": nobody asked
};

}  // namespace pm::process
