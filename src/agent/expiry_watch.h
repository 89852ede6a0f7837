// SPDX-License-Identifier: MIT
// expiry_watch.h -- says in the log when a certificate is about to end: 30, 14, 7 and 1 days before, and when it has.
//
//   in      the certificates in use and when they end; look() with the time
//   out     a line for each threshold that was passed since the last look, the nearest one only
//   own     values; ExpiryAlarm also a timer of libuv's loop
//   cost    a walk over the certificates an hour
//   source  tls-acme.md, "Beyond Traefik"; the same facts are the gauge of certificate ends
#pragma once

#include "core/log.h"
#include "net/alarm.h"

#include <cstdint>
#include <string>
#include <vector>

namespace pm::agent {

struct WatchedCertificate {
  std::string name;            // how the log calls it: its file, or its names
  std::int64_t not_after = 0;  // Unix seconds
};

class ExpiryWatch {
 public:
  explicit ExpiryWatch(std::vector<WatchedCertificate> certificates);

  std::vector<std::string> look(std::int64_t now);  // Unix seconds; lines for the log

 private:
  struct Entry {
    WatchedCertificate certificate;
    int told = INT32_MAX;  // days of the nearest threshold that was told; -1: that it has ended
  };
  std::vector<Entry> entries_;
};

// Looks at once and then every hour.
class ExpiryAlarm {
 public:
  ExpiryAlarm(uv_loop_s* loop, Log& log, std::vector<WatchedCertificate> certificates);

 private:
  void ring();
  ExpiryWatch watch_;
  Log* log_;
  net::Alarm alarm_;
};

}  // namespace pm::agent
