// SPDX-License-Identifier: MIT
// access_common.h -- the line that Apache's tools know, and Traefik's longer form of it.
//
//   in      a record, the fields that are kept
//   out     generic: host - user [time] "request" status size "referer" "agent"; common: that, and count "router"
//           "server" milliseconds. A field that is missing or not kept is "-"
//   cost    about two thousand instructions, the walk to its buffer included
//   source  observability.md section 3.3; Traefik v3, CommonLogFormatter and GenericCLFLogFormatter
#pragma once

#include "observe/access.h"
#include "observe/access_fields.h"
#include "observe/line.h"
#include "observe/stamp.h"

namespace pm::observe {

class CommonLine {
 public:
  enum class Form : std::uint8_t { common, generic };
  explicit CommonLine(Form form) noexcept : form_(form) {}

  void put(Line& line, const AccessRecord& record, const AccessFields& fields) noexcept;

 private:
  void put_stamp(Line& line, const AccessRecord& record, const AccessFields& fields) noexcept;

  Form form_;
  Stamp utc_{Stamp::Form::clf, Stamp::Zone::utc};
  Stamp local_{Stamp::Form::clf, Stamp::Zone::local};
};

}  // namespace pm::observe
