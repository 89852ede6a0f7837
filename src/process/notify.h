// SPDX-License-Identifier: MIT
// notify.h -- what a service manager is told, and how often it wants to hear that we are alive.
//
//   in      NOTIFY_SOCKET: a path, or an abstract name with "@" in front; WATCHDOG_USEC and WATCHDOG_PID
//   errors  none: a manager that cannot be reached learns nothing
//   source  sd_notify(3), sd_watchdog_enabled(3), operations.md section 8
#pragma once

#include "config/environment.h"

#include <chrono>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace pm::process {

class Notifier {
 public:
  // `is_heir`: this program goes on with the duty of another one, whom WATCHDOG_PID still names.
  Notifier(const config::Environment& environment, pid_t self, bool is_heir);
  void tell(
      std::string_view state) const noexcept;  // "READY=1"; lines when it is more than one thing
  void tell_reloading() const noexcept;        // with the time, as Type=notify-reload wants it
  // Between two signs of life; 0: nobody waits for them.
  std::chrono::microseconds watchdog() const noexcept { return watchdog_; }

 private:
  std::string socket_;  // "": nobody asked
  std::chrono::microseconds watchdog_{0};
};

}  // namespace pm::process
